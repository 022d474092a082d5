import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import {
  convertModel,
  createOnnxRunner,
  loadTokenizer,
  measureQuality,
  prefillAll,
  type ModelRunner,
  type Tokenizer,
} from '@millrace/inference';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The quality of the engine on the real model: against the same weights in fp32, and against what llama.cpp was
 * recorded to make of the same file (bench/record-golden.ts).
 */
const fixtures = new URL('../../services/inference/fixtures/', import.meta.url);
const textTokens = 512;
const slots = 8;

interface GoldenRecord {
  readonly prompt: string;
  readonly promptTokens: readonly number[];
  readonly continuation: readonly number[];
}

let folder: string;
let exact: ModelRunner;
let reference: ModelRunner;
let tokenizer: Tokenizer;
let sourceSha256: string;

beforeAll(async () => {
  const source = findWeights();
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-quality-'));
  const open = async (mode: 'exact' | 'fp32'): Promise<ModelRunner> => {
    const target = path.join(folder, mode);
    ({ sourceSha256 } = await convertModel({ source, target, mode }));
    return createOnnxRunner({ modelDir: target, threads: 2, slots, contextLength: textTokens });
  };
  exact = await open('exact');
  reference = await open('fp32');
  tokenizer = await loadTokenizer(path.join(folder, 'exact'));
});

afterAll(async () => {
  await exact?.close();
  await reference?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

function findWeights(): string {
  const cache =
    process.env['MILLRACE_CACHE_DIR'] ??
    path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'millrace');
  const source =
    process.env['MILLRACE_MODEL'] ?? path.join(cache, 'weights', 'SmolLM2-135M-Instruct.Q4_1.gguf');
  if (!existsSync(source)) {
    throw new Error(`The model is needed: ${source} is not there. Run npm test, or set MILLRACE_MODEL.`);
  }
  return source;
}

async function greedy(runner: ModelRunner, prompt: Int32Array, count: number): Promise<number[]> {
  let candidates = await prefillAll(runner, 0, prompt);
  const answer: number[] = [];
  for (;;) {
    const token = candidates?.tokens[0] ?? -1;
    answer.push(token);
    if (answer.length === count) return answer;
    [candidates] = await runner.decode([{ token, position: prompt.length + answer.length - 1 }]);
  }
}

async function readGolden(): Promise<{ modelSha256: string; records: readonly GoldenRecord[] }> {
  return JSON.parse(await readFile(new URL('golden-llama-cpp.json', fixtures), 'utf8')) as {
    modelSha256: string;
    records: readonly GoldenRecord[];
  };
}

describe('the engine on the real model', () => {
  it('has the distribution of the same weights in fp32, up to a KL divergence of 0.01', async () => {
    const text = await readFile(new URL('quality-text.txt', fixtures), 'utf8');
    const tokens = tokenizer.encode(text).subarray(0, textTokens);
    expect(tokens.length).toBe(textTokens);
    const quality = await measureQuality({ runner: exact, reference, tokens });
    expect(quality.tokens).toBe(textTokens);
    expect(quality.divergence).toBeGreaterThan(0);
    expect(quality.divergence).toBeLessThanOrEqual(0.01);
    expect(quality.reverseDivergence).toBeLessThanOrEqual(0.01);
    expect(quality.agreement).toBeGreaterThanOrEqual(0.93);
  });

  it('has the token ids of llama.cpp for all of the recorded prompts', async () => {
    const { modelSha256, records } = await readGolden();
    expect(sourceSha256).toBe(modelSha256);
    expect(records.length).toBe(10);
    const encoded = records.map(({ prompt }) => [...tokenizer.encode(prompt, { specialTokens: true })]);
    expect(encoded).toEqual(records.map(({ promptTokens }) => promptTokens));
  });

  it('goes on greedily as llama.cpp does for at least 7 of the 10 recorded prompts', async () => {
    const { records } = await readGolden();
    const agreeing: string[] = [];
    for (const { prompt, promptTokens, continuation } of records) {
      const answer = await greedy(exact, Int32Array.from(promptTokens), continuation.length);
      if (answer.join() === continuation.join()) agreeing.push(prompt);
    }
    expect(agreeing.length).toBeGreaterThanOrEqual(7);
  });
});
