import type { Bus } from '@millrace/bus';
import { controlKeys, createCodec } from '@millrace/contracts';
import { expect, it } from 'vitest';
import { watchModels } from './model-table.ts';

const codec = createCodec();

/** The table of models that can do these things; the first and the last are the default of what they do. */
async function tableOf(models: Readonly<Record<string, readonly string[]>>) {
  const names = Object.keys(models);
  const bus = {
    bucket: () => ({
      watch: async (_keys: string, listen: (entry: { key: string; value: Uint8Array }) => void) => {
        for (const [name, operations] of Object.entries(models)) {
          const is_default = name === names[0] || name === names.at(-1);
          const aliases = [`${name}-alias`];
          const card = {
            name,
            version: '1',
            context_length: 9,
            is_default,
            at: 0,
            operations,
            aliases,
            provider: null,
          };
          listen({ key: controlKeys.model(name), value: codec.encode('model.ready', card) });
        }
        return { stop: async () => undefined };
      },
    }),
  } as unknown as Bus;
  return watchModels({ bus, codec });
}

it('finds the model by its name, or the default one of those that can do what is asked for', async () => {
  const table = await tableOf({ chat: ['generate', 'classify'], big: ['generate'], vectors: ['embed'] });
  expect(table.resolve(undefined, 'generate').name).toBe('chat');
  expect(table.resolve(undefined, 'embed').name).toBe('vectors');
  expect(table.resolve('big', 'generate').name).toBe('big');
  expect(table.resolve('big-alias', 'generate').name).toBe('big');
  expect(table.resolve('big:1', 'generate').name).toBe('big');
  expect(() => table.resolve('big:2', 'generate')).toThrow(
    expect.objectContaining({ code: 'model_not_found' }),
  );
});

it('takes none that is not the default unless it is named', async () => {
  const table = await tableOf({ chat: ['generate'], far: ['embed'], vectors: ['classify'] });
  expect(table.resolve('far', 'embed').name).toBe('far');
  expect(() => table.resolve(undefined, 'embed')).toThrow(
    expect.objectContaining({
      code: 'missing_value',
      param: 'model',
      message: 'model is missing, and none of those that can embed is the default: far',
    }),
  );
});

it('says what a model can do, and which models can do what is asked for', async () => {
  const table = await tableOf({ chat: ['generate', 'classify'], vectors: ['embed'] });
  expect(() => table.resolve('vectors', 'generate')).toThrow(
    expect.objectContaining({
      code: 'unsupported_value',
      param: 'model',
      message: 'model is "vectors", which can embed: models that can generate: chat',
    }),
  );
  expect(() => table.resolve('chat', 'translate')).toThrow(/models that can translate: none$/);
  expect(() => table.resolve(undefined, 'translate')).toThrow(
    expect.objectContaining({ code: 'model_not_found', message: 'No model is loaded that can translate.' }),
  );
  expect(() => table.resolve('other', 'embed')).toThrow(
    expect.objectContaining({
      code: 'model_not_found',
      message: 'There is no model "other". Models: vectors.',
    }),
  );
  const empty = await tableOf({});
  expect(() => empty.resolve(undefined, 'generate')).toThrow(
    expect.objectContaining({ code: 'unavailable' }),
  );
});
