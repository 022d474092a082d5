import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLogger, createMetrics } from '@millrace/runtime';
import { loadNameModel } from './load-name-model.ts';
import { fixtureLabels, writeGliner, writeTokenClassifier } from './model-folder.fixture.ts';
import { openNameModel, type NameModel } from './open-name-model.ts';

const { signal } = new AbortController();
const kinds = {
  'token classification': (folder: string) => writeTokenClassifier(folder),
  'GLiNER by spans': (folder: string) => writeGliner(folder),
  'GLiNER by tokens': (folder: string) => writeGliner(folder, 'token'),
  'GLiNER by tokens, as it was': (folder: string) => writeGliner(folder, 'old token'),
};
let folder: string;
const opened: NameModel[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-names-'));
});
afterEach(async () => {
  for (const model of opened.splice(0)) await model.stop();
});
afterAll(() => rm(folder, { recursive: true }));

async function make(name: string, write: (folder: string) => Promise<void>): Promise<string> {
  const target = path.join(folder, name.replaceAll(/\W/gu, '-'));
  await mkdir(target, { recursive: true });
  await write(target);
  return target;
}

async function open(name: string, write: (folder: string) => Promise<void>): Promise<NameModel> {
  const model = await loadNameModel(await make(name, write), 1);
  opened.push(model);
  return model;
}

async function namesIn(
  model: NameModel,
  ...texts: readonly string[]
): Promise<readonly (readonly string[])[]> {
  const found = await model.classify(texts, signal);
  return found.map((entities, index) =>
    entities.map(({ type, start, end }) => `${type} ${texts[index]?.slice(start, end)}`),
  );
}

describe.each(Object.entries(kinds))('%s', (kind, write) => {
  it('finds persons, organisations and places where they stand', async () => {
    const model = await open(kind, write);
    const text = '😀 Ada Moyo, Ben Okri of Contoso GmbH: in Berlin\nand "Lagos"; CONTOSO. ada';
    expect(await namesIn(model, text, 'nothing', '', ' \n', '12345', 'French')).toEqual([
      [
        'PERSON Ada Moyo',
        'PERSON Ben Okri',
        'ORGANIZATION Contoso GmbH',
        'LOCATION Berlin',
        'LOCATION Lagos',
        ...(kind === 'token classification' || kind === 'GLiNER by spans'
          ? ['ORGANIZATION CONTOSO', 'PERSON ada']
          : []),
      ],
      [],
      [],
      [],
      [],
      [],
    ]);
    for (const { score } of (await model.classify([text], signal))[0] ?? []) {
      expect(score).toBeGreaterThan(0.25);
      expect(score).toBeLessThanOrEqual(1);
    }
  });

  it('finds the same in a batch, whatever the others are, and wherever windows begin', async () => {
    const model = await open(kind, write);
    const texts = Array.from(
      { length: 150 },
      (_, index) => `${'word '.repeat(index)}Ada Moyo lives in Berlin.`,
    );
    const found = await namesIn(model, ...texts);
    expect(new Set(found.map((names) => names.join()))).toEqual(new Set(['PERSON Ada Moyo,LOCATION Berlin']));
  });

  it('finds each name once in a text of many windows', async () => {
    const model = await open(kind, write);
    const sentence = 'Ada Moyo and Ben Okri works for Contoso GmbH in Lagos. ';
    const [found = []] = await namesIn(model, sentence.repeat(300));
    expect(found).toHaveLength(1_200);
    expect(new Set(found)).toEqual(
      new Set(['PERSON Ada Moyo', 'PERSON Ben Okri', 'ORGANIZATION Contoso GmbH', 'LOCATION Lagos']),
    );
  });
});

describe('a model', () => {
  it('takes time that grows as the text does, for 1 MB of words or of one word', async () => {
    const model = await open('linear', (target) => writeTokenClassifier(target));
    const msFor = async (text: string): Promise<number> => {
      const before = process.cpuUsage();
      await model.classify([text], signal);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    };
    const sentence = 'Ada Moyo lives in Berlin, and the weather was good. ';
    await msFor(sentence.repeat(1_000));
    const [short, long] = [await msFor(sentence.repeat(2_000)), await msFor(sentence.repeat(20_000))];
    expect(long / short).toBeLessThan(20);
    for (const hostile of ['a'.repeat(1_000_000), 'a-'.repeat(500_000), '\u{1F600}'.repeat(250_000)])
      expect(await msFor(`${hostile} Ada Moyo`)).toBeLessThan(long * 4);
  });

  it('leaves the event loop to others, and ends between two windows when it is cancelled', async () => {
    const model = await open('cancel', (target) => writeGliner(target));
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    const abort = new AbortController();
    const work = model.classify(['Ada Moyo lives in Berlin. '.repeat(20_000)], abort.signal);
    const short = await model.classify(['Ben Okri'], signal);
    abort.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    clearInterval(count);
    expect(short[0]).toHaveLength(1);
    expect(turns).toBeGreaterThan(0);
    await expect(model.classify(['Ada'], abort.signal)).rejects.toThrow('gone');
  });

  it('names the labels that it ignores, and reads those of other sets', async () => {
    const known = await open('misc', (target) => writeTokenClassifier(target));
    expect(known).toMatchObject({ kind: 'token classification', ignoredLabels: ['MISC'] });
    const labels = ['O', 'S-PERSON', 'PERSON', 'B_ORGANISATION', 'E-ORGANISATION', 'GPE', 'NORP', 'EVENT'];
    const other = await open('other', (target) =>
      writeTokenClassifier(target, { labels, graphFile: 'onnx/model.onnx' }),
    );
    expect(other.ignoredLabels).toEqual(['NORP', 'EVENT']);
    expect(await namesIn(other, 'Ada Moyo of Contoso GmbH in Berlin')).toEqual([
      ['PERSON Ada', 'PERSON Moyo', 'ORGANIZATION Contoso GmbH', 'LOCATION Berlin'],
    ]);
  });

  it('is refused once it is stopped', async () => {
    const model = await open('stopped', (target) => writeGliner(target));
    await model.stop();
    await expect(model.classify(['Ada'], signal)).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('is none where none is configured', async () => {
    const dependencies = {
      logger: createLogger({ service: 'names', level: 'silent' }),
      metrics: createMetrics(),
    };
    expect(await openNameModel({ nameModel: undefined, nameModelThreads: 1 }, dependencies)).toBeUndefined();
    expect((await dependencies.metrics.expose()).body).toContain('millrace_pii_model_seconds_count 0');
  });
});

const classifier =
  (more: Parameters<typeof writeTokenClassifier>[1], file?: string, content = '') =>
  async (target: string): Promise<void> => {
    await writeTokenClassifier(target, more);
    if (file !== undefined) await writeFile(path.join(target, file), content);
  };
const without =
  (file: string) =>
  async (target: string): Promise<void> => {
    await writeTokenClassifier(target);
    await rm(path.join(target, file));
  };

describe('a folder is refused that', () => {
  it.each([
    ['has no config', without('config.json'), 'part_missing', 'config.json'],
    ['has no tokenizer', without('tokenizer.json'), 'part_missing', 'tokenizer.json'],
    ['has no graph', without('model.onnx'), 'part_missing', 'has neither model.onnx nor onnx/model.onnx'],
    [
      'has a damaged graph',
      classifier({}, 'model.onnx', 'no model'),
      'model_invalid',
      'model.onnx cannot be loaded',
    ],
    ['has a damaged config', classifier({}, 'config.json', '{'), 'model_invalid', 'config.json is not JSON'],
    [
      'has a damaged tokenizer',
      classifier({}, 'tokenizer.json', '{"model":{"type":"None"}}'),
      'model_invalid',
      'not supported',
    ],
    ['has no labels', classifier({ config: { id2label: undefined } }), 'model_invalid', 'no id2label'],
    [
      'knows no names',
      classifier({ labels: fixtureLabels.map((_, id) => `LABEL_${id}`) }),
      'model_invalid',
      'none of the labels PER',
    ],
    ['has other labels than logits', classifier({ labels: ['O', 'PER'] }), 'model_invalid', 'does not work'],
    [
      'has short rows',
      classifier({ config: { max_position_embeddings: 32 } }),
      'model_invalid',
      'rows of 30 tokens',
    ],
    [
      'has a GLiNER with fixed labels',
      (target: string) => writeGliner(target, 'span', { precomputed_prompts_mode: true }),
      'model_invalid',
      'labels must be free',
    ],
    [
      'has another mode than its graph',
      (target: string) => writeGliner(target, 'token', { span_mode: 'markerV0' }),
      'model_invalid',
      'it must be input_ids, attention_mask, words_mask, text_lengths, span_idx, span_mask',
    ],
    [
      'has another marker',
      (target: string) => writeGliner(target, 'span', { ent_token: '[E]' }),
      'model_invalid',
      'no token [E]',
    ],
    [
      'has no width',
      (target: string) => writeGliner(target, 'span', { max_width: 0 }),
      'model_invalid',
      'max_width 0',
    ],
  ])('%s', async (name, write, code, message) => {
    const target = await make(name, write);
    await expect(loadNameModel(target, 1)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });
});
