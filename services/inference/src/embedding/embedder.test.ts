import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { convertEmbeddingModel } from './convert-embedding-model.ts';
import { createEmbedder, type Embedder } from './embedder.ts';
import { loadWordPieceTokenizer } from './word-piece-tokenizer.ts';

/** The real model, against vectors that were recorded from an independent implementation (bench/record-embeddings.py). */
interface GoldenFile {
  readonly modelSha256: string;
  readonly records: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly truncated: boolean;
    readonly vector: readonly number[];
  }[];
}

const goldenFile = new URL('../../fixtures/golden-embeddings.json', import.meta.url);
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });
const { signal } = new AbortController();
let golden: GoldenFile;
let folder: string;
let embedder: Embedder;
let sourceSha256: string;

beforeAll(async () => {
  golden = JSON.parse(await readFile(goldenFile, 'utf8')) as GoldenFile;
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-embedder-'));
  ({ sourceSha256 } = await convertEmbeddingModel({ source: findWeights(), target: folder }));
  embedder = await createEmbedder(folder);
});

afterAll(async () => {
  await embedder?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

function findWeights(): string {
  const cache =
    process.env['MILLRACE_CACHE_DIR'] ??
    path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'millrace');
  const source = process.env['MILLRACE_EMBEDDING_MODEL'] ?? path.join(cache, 'weights', 'all-minilm-l6-v2');
  if (!existsSync(source)) {
    throw new Error(
      `The embedding model is needed: ${source} is not there. Run npm test, or set MILLRACE_EMBEDDING_MODEL.`,
    );
  }
  return source;
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return Array.from(left).reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return Array.from(left).reduce(
    (most, value, index) => Math.max(most, Math.abs(value - (right[index] ?? 0))),
    0,
  );
}

describe('the vector of a text', () => {
  it('is the one that was recorded', async () => {
    expect(sourceSha256).toBe(golden.modelSha256);
    expect(golden.records).toHaveLength(8);
    for (const { text, vector } of golden.records) {
      const [actual = new Float32Array()] = (await embedder.embed([text], signal)).vectors;
      expect(actual).toHaveLength(384);
      expect(dot(actual, vector)).toBeGreaterThanOrEqual(0.9999);
      expect(largestDifference(actual, vector)).toBeLessThanOrEqual(1e-4);
      expect(dot(actual, actual)).toBeCloseTo(1, 5);
    }
  });

  it('is the same in a batch, whatever the others are', async () => {
    const texts = golden.records.map(({ text }) => text);
    const { vectors } = await embedder.embed([...texts, ...texts.toReversed()], signal);
    expect(vectors).toHaveLength(2 * texts.length);
    for (const [index, text] of texts.entries()) {
      const [single = []] = (await embedder.embed([text], signal)).vectors;
      for (const place of [index, 2 * texts.length - 1 - index]) {
        expect(largestDifference(single, vectors[place] ?? [])).toBeLessThanOrEqual(1e-5);
      }
    }
  });

  it('is nearer to that of a text with a similar meaning', async () => {
    const { vectors } = await embedder.embed(
      [
        'How do I reset my password?',
        'I forgot my login credentials and want to set new ones.',
        'The soup needs more salt.',
        'Add some seasoning to the broth.',
      ],
      signal,
    );
    const [password = [], login = [], salt = [], seasoning = []] = vectors;
    expect(dot(password, login)).toBeGreaterThan(dot(password, salt) + 0.2);
    expect(dot(salt, seasoning)).toBeGreaterThan(dot(salt, login) + 0.2);
  });
});

describe('the tokens of a text', () => {
  it('are those of the reference tokenizer', async () => {
    const tokenize = await loadWordPieceTokenizer(folder, embedder.maxTokens);
    for (const { text, ids, truncated } of golden.records) expect(tokenize(text)).toEqual({ ids, truncated });
  });

  it('are counted, and a text that goes on past the limit is flagged', async () => {
    const { tokens, truncated } = await embedder.embed(
      golden.records.map(({ text }) => text),
      signal,
    );
    expect(tokens).toEqual(golden.records.map(({ ids }) => ids.length));
    expect(truncated).toEqual(golden.records.map((record) => record.truncated));
    expect(truncated.filter(Boolean)).toHaveLength(1);
  });
});

describe('a call', () => {
  it('without texts has no vectors', async () => {
    expect(await embedder.embed([], signal)).toEqual({ vectors: [], tokens: [], truncated: [] });
  });

  it.each([
    ['empty', ''],
    ['whitespace', ' \n\t'],
    ['control characters', '\u0000\u200b'],
  ])('is refused when a text has no token: %s', async (_, text) => {
    await expect(embedder.embed(['a text', text], signal)).rejects.toMatchObject({
      code: 'missing_value',
      param: '[1]',
    });
  });

  it('is refused when a text is not valid Unicode', async () => {
    await expect(embedder.embed(['\ud800'], signal)).rejects.toMatchObject({
      code: 'invalid_unicode',
      param: '[0]',
    });
  });

  it('ends between two batches when it is cancelled', async () => {
    const controller = new AbortController();
    const work = embedder.embed(
      Array.from({ length: 400 }, (_, index) => `Text number ${index} about a river.`),
      controller.signal,
    );
    setImmediate(() => setImmediate(() => controller.abort()));
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('lets the event loop turn for every batch', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const sentence = 'The quick brown fox jumps over the lazy dog. ';
    await embedder.embed(
      Array.from({ length: 12 }, () => sentence.repeat(40)),
      signal,
    );
    done = true;
    expect(turns).toBeGreaterThanOrEqual(12);
  });
});

describe('an embedder', () => {
  it('finishes the calls in flight when it is closed, and takes no more', async () => {
    const own = await createEmbedder(folder, { threads: 1 });
    const work = own.embed(['a text', 'another one'], signal);
    await own.close();
    expect((await work).vectors).toHaveLength(2);
    await expect(own.embed(['a text'], signal)).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('is not made from a folder that holds none, or another kind of model', async () => {
    const other = await mkdtemp(path.join(folder, 'other-'));
    await expect(createEmbedder(other)).rejects.toMatchObject({ code: 'part_missing' });
    await writeFile(path.join(other, 'model.json'), '{"architecture":"llama"}');
    await expect(createEmbedder(other)).rejects.toMatchObject({ code: 'model_invalid' });
    await writeFile(
      path.join(other, 'model.json'),
      '{"architecture":"bert","dimensions":384,"maxTokens":256}',
    );
    await writeFile(path.join(other, 'tokenizer.json'), await readFile(path.join(folder, 'tokenizer.json')));
    await writeFile(path.join(other, 'model.onnx'), 'no model');
    await expect(createEmbedder(other)).rejects.toMatchObject({ code: 'model_invalid' });
  });
});
