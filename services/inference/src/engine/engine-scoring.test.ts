import { describe, expect, it } from 'vitest';
import { collect, endToken, fabricatedEngine, generationOf } from './engine-fixture.ts';
import { FabricatedRunner } from './fabricated-runner.ts';
import type { Scoring } from './scoring.ts';

const prompt = Int32Array.from({ length: 20 }, (_, index) => (index * 7) % 259);
const labels = [[5], [9, 5], [9, 6, 200], [9, 6, 201], [endToken], [17, endToken]].map((tokens) =>
  Int32Array.from(tokens),
);

function scoringOf(changes: Partial<Scoring> = {}): Scoring {
  return {
    requestId: 'request',
    cacheScope: 'tenant',
    priority: 'NORMAL',
    promptTokens: prompt,
    continuations: labels,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Log-softmax of all logits, one continuation after the other, each from the beginning. */
async function reference(promptTokens: Int32Array, continuations: readonly Int32Array[]) {
  const runner = new FabricatedRunner({ endToken, prefillChunk: 128 });
  const rows: number[][] = [];
  for (const tokens of continuations) {
    const row: number[] = [];
    for (const [index, token] of tokens.entries()) {
      const before = Int32Array.of(...promptTokens, ...tokens.subarray(0, index));
      const logits = [...((await runner.prefill(0, before, 0, true))?.fullLogits() ?? [])];
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      row.push((logits[token] ?? 0) - Math.log(sum));
    }
    rows.push(row);
  }
  return rows;
}

/** Prompts of different lengths, of which some begin alike. */
const promptOf = (index: number): Int32Array =>
  Int32Array.from({ length: 1 + (index % 11) }, (_, at) => (at * 5 + (index % 3)) % 250);

function expectClose(actual: readonly Float64Array[], expected: readonly number[][]): void {
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [row, logprobs] of actual.entries())
    for (const [index, logprob] of logprobs.entries())
      expect(logprob).toBeCloseTo(expected[row]?.[index] ?? Number.NaN, 5);
}

describe('Engine.score', () => {
  it('gives the log-softmax of each token, in one batch with generations, which it leaves as they are', async () => {
    const alone = fabricatedEngine();
    const expected = await collect(alone.engine.generate(generationOf({ maxTokens: 40 })));
    const { engine } = fabricatedEngine({ mayRewind: true, slots: 3 });
    const prompts = [prompt, prompt.subarray(0, 3), prompt.subarray(5)];
    const [generated, ...scores] = await Promise.all([
      collect(engine.generate(generationOf({ maxTokens: 40 }))),
      ...prompts.map((promptTokens) => engine.score(scoringOf({ promptTokens }))),
    ]);
    expect(generated.tokens).toEqual(expected.tokens);
    for (const [index, { reason, logprobs, promptTokens }] of scores.entries()) {
      const own = prompts[index] ?? prompt;
      expect({ reason, promptTokens }).toEqual({ reason: 'stop', promptTokens: own.length });
      expectClose(logprobs, await reference(own, labels));
    }
    expect(engine.freeSlots).toBe(3);
  });

  it('holds whatever comes and goes beside it, and where sequences move between slots', async () => {
    const { engine } = fabricatedEngine(
      { mayRewind: true, slots: 5, prefillChunk: 4 },
      { prefixCacheBytes: 512 },
    );
    const alone = fabricatedEngine({ slots: 1, prefillChunk: 4 });
    const generate = async (index: number): Promise<void> => {
      const controller = new AbortController();
      if (index % 2 === 0) controller.abort();
      const generation = generationOf({
        promptTokens: promptOf(index),
        seed: BigInt(index),
        signal: controller.signal,
      });
      const [actual, expected] = await Promise.all([
        collect(engine.generate(generation)),
        collect(alone.engine.generate(generation)),
      ]);
      expect(actual.tokens).toEqual(expected.tokens);
    };
    const score = async (index: number): Promise<void> => {
      const promptTokens = promptOf(index);
      const continuations = Array.from({ length: 1 + (index % 7) }, (_, row) =>
        Int32Array.from({ length: 1 + ((row + index) % 5) }, (_token, at) => (row % 3) * 2 + at),
      );
      const { logprobs } = await engine.score(scoringOf({ promptTokens, continuations }));
      expectClose(logprobs, await reference(promptTokens, continuations));
    };
    const work = Array.from({ length: 10 }, (_, index) => [
      generate(index),
      ...[0, 1, 2].map((each) => score(3 * index + each)),
    ]).flat();
    await Promise.all(work);
    expect(engine.freeSlots).toBe(5);
  });

  it('computes the prompt once, and needs no step more for labels of one token', async () => {
    const { engine } = fabricatedEngine({ mayRewind: true }, { prefixCacheBytes: 1024 ** 2 });
    const first = await engine.score(scoringOf());
    const again = await engine.score(scoringOf());
    expect(first.cachedTokens).toBe(0);
    expect(again.cachedTokens).toBe(16);
    expect(again.logprobs).toEqual(first.logprobs);

    let decoded = 0;
    const counted = fabricatedEngine({
      beforeStep: ({ kind }) => {
        if (kind === 'decode') decoded += 1;
      },
    });
    const single = labels.filter(({ length }) => length === 1);
    await counted.engine.score(scoringOf({ continuations: single }));
    expect(decoded).toBe(0);
  });

  it('ends as cancelled before the next step, and frees the slot', async () => {
    const controller = new AbortController();
    const { engine } = fabricatedEngine({
      slots: 1,
      mayRewind: true,
      beforeStep: ({ kind }) => {
        if (kind === 'decode') controller.abort();
      },
    });
    expect(await engine.score(scoringOf({ signal: controller.signal }))).toMatchObject({
      reason: 'cancelled',
    });
    expect(engine.freeSlots).toBe(1);
    expect(await engine.score(scoringOf())).toMatchObject({ reason: 'stop' });
    await engine.stop();
    await expect(engine.score(scoringOf())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    [{ promptTokens: new Int32Array() }, 'missing_value'],
    [{ continuations: [] }, 'missing_value'],
    [{ continuations: [new Int32Array()] }, 'missing_value'],
    [{ continuations: [Int32Array.of(260)] }, 'invalid_value'],
    [{ continuations: [new Int32Array(109)] }, 'context_length_exceeded'],
  ])('refuses %j with %s', async (changes, code) => {
    await expect(fabricatedEngine().engine.score(scoringOf(changes))).rejects.toMatchObject({ code });
  });
});
