import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf } from './candidates-of.ts';
import { sample, type SamplingOptions } from './sampler.ts';

/** The definition, over the whole vocabulary, with no bounds and no candidates. */
function reference(logits: Float32Array, options: SamplingOptions, uniform: number): number {
  const order = [...logits.keys()].toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  if (options.temperature === 0) return order[0] ?? -1;
  const kept = options.topK === 0 ? order : order.slice(0, options.topK);
  const top = logits[kept[0] ?? 0] ?? 0;
  let tokens = kept.map((token) => ({
    token,
    weight: Math.exp(((logits[token] ?? 0) - top) / options.temperature),
  }));
  if (options.topP < 1) {
    const total = tokens.reduce((sum, { weight }) => sum + weight, 0);
    let reached = 0;
    const end = tokens.findIndex(({ weight }) => (reached += weight) >= options.topP * total);
    if (end !== -1) tokens = tokens.slice(0, end + 1);
  }
  const total = tokens.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const drawn = tokens.find(({ weight }) => (reached += weight) > uniform * total);
  return (drawn ?? tokens.at(-1))?.token ?? -1;
}

const vocabulary = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 12, noNaN: true }), fc.nat())
  .map(([size, spread, seed]) => {
    let state = seed;
    return Float32Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.round((state / 2 ** 32 - 0.5) * spread * 64) / 64;
    });
  });

const options = fc.record({
  temperature: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0.01, max: 3, noNaN: true })),
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 320 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 1, noNaN: true })),
});
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function never(): Float32Array {
  throw new Error('the full logits were read');
}

describe('sample', () => {
  it('draws what the definition over the whole vocabulary draws', () => {
    fc.assert(
      fc.property(vocabulary, options, uniform, (logits, chosen, number) => {
        const token = sample(candidatesOf(logits, 64), chosen, number, logits.length);
        expect(token).toBe(reference(logits, chosen, number));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same token whether the full logits were read or not', () => {
    fc.assert(
      fc.property(vocabulary, options, uniform, (logits, chosen, number) => {
        const few = sample(candidatesOf(logits, 4), chosen, number, logits.length);
        const all = sample(candidatesOf(logits, logits.length), chosen, number, logits.length);
        expect(few).toBe(all);
      }),
      { numRuns: 3000 },
    );
  });

  const peaked = Float32Array.from({ length: 5000 }, (_, token) => 20 - token * 0.5);
  const flat = new Float32Array(5000);

  it.each([
    ['greedy', { temperature: 0, topK: 0, topP: 1 }, flat],
    ['top-k within the candidates', { temperature: 1.5, topK: 40, topP: 0.9 }, flat],
    ['top-p that the candidates cover', { temperature: 1, topK: 0, topP: 0.9 }, peaked],
    ['top-p at another temperature', { temperature: 0.7, topK: 0, topP: 0.95 }, peaked],
    ['no limit and a draw that the candidates cover', { temperature: 1, topK: 0, topP: 1 }, peaked],
    ['a top-k beyond the candidates and a peaked row', { temperature: 1, topK: 100, topP: 1 }, peaked],
  ])('reads no full logits for %s', (_, chosen, logits) => {
    const candidates = { ...candidatesOf(logits, 64), fullLogits: never };
    expect(sample(candidates, chosen, 0.6, logits.length)).toBe(reference(logits, chosen, 0.6));
  });

  it('reads the full logits where the draw falls behind the candidates', () => {
    const token = sample(candidatesOf(flat, 64), { temperature: 1, topK: 0, topP: 1 }, 0.5, flat.length);
    expect(token).toBe(2500);
  });

  it('reads the full logits where the candidates do not reach top-p', () => {
    const token = sample(candidatesOf(flat, 64), { temperature: 1, topK: 0, topP: 0.5 }, 0.9, flat.length);
    expect(token).toBe(2250);
  });

  it('decides by the full logits where the rounding of the log-sum-exp could matter', () => {
    const logits = Float32Array.from({ length: 100 }, (_, token) => 1 - token / 100);
    const weights = [...logits].map((logit) => Math.exp(logit));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const edge = weights.slice(0, 3).reduce((sum, weight) => sum + weight, 0) / total;
    for (const near of [edge - 1e-8, edge + 1e-8]) {
      for (const error of [-1e-6, 0, 1e-6]) {
        const candidates = { ...candidatesOf(logits, 8), logSumExp: Math.log(total) + error };
        const chosen = { temperature: 1, topK: 0, topP: 1 };
        expect(sample(candidates, chosen, near, 100)).toBe(near < edge ? 2 : 3);
      }
    }
  });

  it('draws each token as often as its probability says', () => {
    const logits = Float32Array.from([1, 2, 0, 3, 1.5]);
    const weights = [...logits].map((logit) => Math.exp(logit));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = Array.from({ length: logits.length }, () => 0);
    const draws = 10_000;
    for (let index = 0; index < draws; index++) {
      const number = (index + 0.5) / draws;
      const token = sample(candidatesOf(logits, 2), { temperature: 1, topK: 0, topP: 1 }, number, 5);
      counts[token] = (counts[token] ?? 0) + 1;
    }
    for (const [token, weight] of weights.entries()) {
      expect(Math.abs((counts[token] ?? 0) / draws - weight / total)).toBeLessThan(2e-4);
    }
  });

  it('takes the only tokens there are when all others are excluded', () => {
    const logits = Float32Array.from({ length: 100 }, (_, token) => (token < 2 ? token : -Infinity));
    for (const temperature of [0.5, 1, 2]) {
      const candidates = { ...candidatesOf(logits, 64), fullLogits: never };
      expect(sample(candidates, { temperature, topK: 0, topP: 1 }, 0.999_999, 100)).toBe(0);
    }
  });

  it('refuses logits that are not numbers', () => {
    const candidates = candidatesOf(Float32Array.of(NaN, NaN), 2);
    expect(() => sample(candidates, { temperature: 0, topK: 0, topP: 1 }, 0, 2)).toThrow(
      expect.objectContaining({ code: 'engine_failed' }),
    );
  });
});
