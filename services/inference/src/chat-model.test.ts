import { describe, expect, it } from 'vitest';
import type { Operation, RequestEvent, TaskContent } from '@millrace/stage';
import { chatOperations, serveChatModel } from './chat-model.ts';
import { fabricatedEngine } from './engine/engine-fixture.ts';
import type { LoadedModel } from './loaded-model.ts';

const parameters = { max_tokens: 8, temperature: 0, n: 1, seed: -1 };

const bytes = (text: string): Int32Array => Int32Array.from(Buffer.from(text));

/** Asks a model whose tokens are bytes, with a context of 32. */
function prepare(
  operation: string,
  task: TaskContent | undefined,
  operations: readonly Operation[] = chatOperations,
) {
  const { engine } = fabricatedEngine({ contextLength: 32 });
  const model = serveChatModel({
    engine,
    encodePrompt: ([message]: readonly { content: string }[]) => bytes(message?.content ?? ''),
    encodeAnswer: bytes,
    tasks: { messages: (_task: string, _content: object, content: string) => [{ role: 'user', content }] },
    operations,
    isDefault: true,
  } as unknown as LoadedModel);
  const event = { operation, parameters, request_id: 'r', tenant: 't' } as unknown as RequestEvent;
  const content = {
    messages: [{ role: 'user', content: 'Hello' }],
    stop: [],
    ...(task === undefined ? {} : { task }),
  } as const;
  return model.prepare(event, content, new AbortController().signal);
}

const texts = ['short', 'x'.repeat(40)];

describe('a chat model', () => {
  it('prepares what it can do', async () => {
    const labels = ['a', 'b'];
    for (const [operation, task] of [
      ['generate', undefined],
      ['summarize', { texts: ['x'] }],
      ['translate', { texts: ['x'], target_language: 'French' }],
      ['classify', { texts: ['x'], labels }],
    ] as const)
      expect(await prepare(operation, task)).toBeTypeOf('function');
  });

  it('refuses what it cannot do, or is not to do', async () => {
    const refusal = { code: 'unsupported_value', param: 'model' };
    await expect(prepare('embed', { texts: ['x'] })).rejects.toMatchObject(refusal);
    await expect(prepare('sing', { texts: ['x'] })).rejects.toMatchObject(refusal);
    await expect(prepare('summarize', { texts: ['x'] }, ['generate'])).rejects.toMatchObject({
      ...refusal,
      message: 'model is "fabricated", which can generate and not summarize',
    });
  });

  it.each([
    ['summarize', { texts }, 'context_length_exceeded', 'text[1]'],
    ['classify', { texts, labels: ['a', 'b'] }, 'context_length_exceeded', 'text[1]'],
    [
      'classify',
      { texts: ['x'.repeat(20)], labels: ['a', 'b'.repeat(20)] },
      'context_length_exceeded',
      'text',
    ],
    ['classify', { texts: ['x'] }, 'missing_value', 'labels'],
    ['translate', undefined, 'missing_value', 'text'],
  ] as const)('refuses %s of %j before any work', async (operation, task, code, param) => {
    await expect(prepare(operation, task)).rejects.toMatchObject({ code, param });
  });
});
