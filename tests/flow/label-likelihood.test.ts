import { availableParallelism } from 'node:os';
import {
  createOnnxRunner,
  loadModel,
  type Candidates,
  type LoadedModel,
  type ModelRunner,
} from '@millrace/inference';
import { createLogger, systemClock } from '@millrace/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Scores of labels on the real model, against log-softmax of all logits without cache, batch and engine. */
const contextLength = 512;
const text = 'The striker scored two goals in the final minutes of the match.';
const labels = ['sports', 'central banking', 'the weather in the north', 'positive', 'positively awful'];

let model: LoadedModel;
let runner: ModelRunner;

beforeAll(async () => {
  const modelDirectory = process.env['MILLRACE_MODEL_DIR'];
  if (modelDirectory === undefined)
    throw new Error('MILLRACE_MODEL_DIR has to name a converted model: run npm test.');
  const threads = Math.min(2, availableParallelism());
  model = await loadModel({
    engine: 'onnx',
    modelDirectory,
    slots: 4,
    contextLength,
    kvMemoryBytes: 2 ** 30,
    prefixCacheBytes: 2 ** 28,
    threads,
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  runner = await createOnnxRunner({ modelDir: modelDirectory, threads, slots: 1, contextLength });
});

afterAll(async () => {
  await model?.close();
  await runner?.close();
});

/** The natural logarithm of the probability of a token, from all logits. */
function logprobOf(token: number, candidates: Candidates | undefined): number {
  const logits = Array.from(candidates?.fullLogits() ?? []);
  const top = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - top), 0);
  return (logits[token] ?? Number.NaN) - top - Math.log(sum);
}

async function prefill(tokens: Int32Array): Promise<Candidates | undefined> {
  const { prefillChunk } = runner;
  let last: Candidates | undefined;
  for (let start = 0; start < tokens.length; start += prefillChunk) {
    const isLast = start + prefillChunk >= tokens.length;
    last = await runner.prefill(0, tokens.subarray(start, start + prefillChunk), start, isLast);
  }
  return last;
}

/** Each label by itself, token by token behind the prompt. A batch of one has other kernels than a larger one. */
async function labelByLabel(prompt: Int32Array, continuations: readonly Int32Array[]): Promise<number[][]> {
  const rows: number[][] = [];
  for (const tokens of continuations) {
    let candidates = await prefill(prompt);
    const row: number[] = [];
    for (const [index, token] of tokens.entries()) {
      row.push(logprobOf(token, candidates));
      const position = prompt.length + index;
      [candidates] = await runner.decode([
        { token, position },
        { token, position, isPadding: true },
      ]);
    }
    rows.push(row);
  }
  return rows;
}

/** Without the cache: prompt and beginning of the label anew for each token. */
async function anew(prompt: Int32Array, continuations: readonly Int32Array[]): Promise<number[][]> {
  const rows: number[][] = [];
  for (const tokens of continuations) {
    const row: number[] = [];
    for (const [index, token] of tokens.entries())
      row.push(logprobOf(token, await prefill(Int32Array.of(...prompt, ...tokens.subarray(0, index)))));
    rows.push(row);
  }
  return rows;
}

function largestDifference(one: readonly ArrayLike<number>[], other: readonly number[][]): number {
  const differences = one.flatMap((row, label) =>
    Array.from(row, (logprob, index) => Math.abs(logprob - (other[label]?.[index] ?? Number.NaN))),
  );
  return Math.max(...differences);
}

it('are those of the plain log-softmax, also beside other work and with a prompt from the cache', async () => {
  const { engine, encodeAnswer, encodePrompt, tasks } = model;
  const promptTokens = encodePrompt(tasks.messages('classify', { texts: [text], labels }, text));
  const continuations = labels.map(encodeAnswer);
  const expected = await labelByLabel(promptTokens, continuations);
  const computedAnew = await anew(promptTokens, continuations);

  const { signal } = new AbortController();
  const scoring = {
    requestId: 'r',
    cacheScope: 't',
    priority: 'NORMAL',
    promptTokens,
    continuations,
    signal,
  } as const;
  const alone = await engine.score(scoring);
  const beside = await Promise.all([engine.score(scoring), engine.score(scoring), engine.score(scoring)]);
  expect(beside.every(({ cachedTokens }) => cachedTokens >= 64)).toBe(true);
  for (const { logprobs } of [alone, ...beside])
    expect(largestDifference(logprobs, expected)).toBeLessThan(1e-3);
  // What is read in one go rounds otherwise than what is read token by token: activations have 8 bits.
  expect(largestDifference([meansOf(alone.logprobs)], [meansOf(computedAnew)])).toBeLessThan(0.25);
});

/** Of each row. */
function meansOf(rows: readonly ArrayLike<number>[]): number[] {
  return rows.map((row) => Array.from(row).reduce((sum, number) => sum + number, 0) / row.length);
}
