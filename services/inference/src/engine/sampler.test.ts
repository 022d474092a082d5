import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf } from './candidates-of.ts';
import type { Candidates } from './model-runner.ts';
import { neutralSampling } from './neutral-sampling.ts';
import { referenceSample, type ReferenceInput } from './reference-sampler.ts';
import { penaltiesOf, samplerInput } from './sampler.fixture.ts';
import { sample } from './sampler.ts';

function sampleFrom(candidates: Candidates, input: ReferenceInput): number {
  return sample(candidates, input.options, penaltiesOf(input), input.uniform, input.logits.length);
}

/** A row with an empty history. */
function plain(
  logits: Float32Array,
  changes: Partial<ReferenceInput['options']>,
  number: number,
): ReferenceInput {
  const options = { ...neutralSampling, ...changes };
  return { logits, options, promptTokens: [], answerTokens: [], uniform: number };
}

function never(): Float32Array {
  throw new Error('the full logits were read');
}

describe('sample', () => {
  it('draws what the definition over the whole vocabulary draws', () => {
    fc.assert(
      fc.property(samplerInput, (drawn) => {
        expect(sampleFrom(candidatesOf(drawn.logits, 64), drawn)).toBe(referenceSample(drawn));
      }),
      { numRuns: 1500 },
    );
  });

  it('gives the same token whether the full logits were read or not', () => {
    fc.assert(
      fc.property(samplerInput, fc.integer({ min: 1, max: 16 }), (drawn, count) => {
        const few = sampleFrom(candidatesOf(drawn.logits, count), drawn);
        const all = sampleFrom(candidatesOf(drawn.logits, drawn.logits.length), drawn);
        expect(few).toBe(all);
      }),
      { numRuns: 1500 },
    );
  });

  const peaked = Float32Array.from({ length: 5000 }, (_, token) => 20 - token * 0.5);
  const flat = new Float32Array(5000);

  it.each<[string, Partial<ReferenceInput['options']>, Float32Array]>([
    ['greedy', { temperature: 0 }, flat],
    ['top-k within the candidates', { temperature: 1.5, topK: 40, topP: 0.9 }, flat],
    ['top-p that the candidates cover', { topP: 0.9 }, peaked],
    ['top-p at another temperature', { temperature: 0.7, topP: 0.95 }, peaked],
    ['no limit and a draw that the candidates cover', {}, peaked],
    ['a top-k beyond the candidates and a peaked row', { topK: 100 }, peaked],
    ['a min-p that the candidates reach', { temperature: 2, minP: 0.01 }, peaked],
  ])('reads no full logits for %s', (_, chosen, logits) => {
    const drawn = plain(logits, chosen, 0.6);
    expect(sampleFrom({ ...candidatesOf(logits, 64), fullLogits: never }, drawn)).toBe(
      referenceSample(drawn),
    );
  });

  const history = {
    promptTokens: Array.from({ length: 1500 }, (_, index) => index * 3),
    answerTokens: [0, 1, 1, 4, 900, 4000],
  };

  it.each<[string, Partial<ReferenceInput['options']>]>([
    ['a repetition penalty, greedy', { temperature: 0, repetitionPenalty: 1.3 }],
    ['a repetition penalty', { repetitionPenalty: 1.3 }],
    ['a repetition penalty below 1', { repetitionPenalty: 0.9 }],
    ['presence and frequency penalties', { presencePenalty: 1.5, frequencyPenalty: 0.5, topP: 0.95 }],
    ['negative ones', { presencePenalty: -1.5, frequencyPenalty: -0.5 }],
    ['a bias on candidates', { logitBias: new Map([[0, -100]]) }],
    ['a bias on others that does not lift them among the first', { logitBias: new Map([[3000, 5]]) }],
    ['top-k', { topK: 20, repetitionPenalty: 1.1, logitBias: new Map([[4000, 10]]) }],
  ])('reads no full logits on a peaked row for %s', (_, chosen) => {
    const drawn = { ...plain(peaked, chosen, 0.6), ...history };
    expect(sampleFrom({ ...candidatesOf(peaked, 64), fullLogits: never }, drawn)).toBe(
      referenceSample(drawn),
    );
  });

  it('takes a token from behind the candidates that a bias lifts above all', () => {
    for (const temperature of [0, 1]) {
      const drawn = plain(peaked, { temperature, minP: 0.5, logitBias: new Map([[50, 100]]) }, 0.6);
      expect(sampleFrom(candidatesOf(peaked, 8), drawn)).toBe(50);
    }
  });

  it('does not count what min-p excludes behind the candidates', () => {
    const logits = Float32Array.from({ length: 102 }, (_, token) => Math.log([1, 0.6][token] ?? 0.1));
    expect(sampleFrom(candidatesOf(logits, 2), plain(logits, { minP: 0.5 }, 0.1))).toBe(0);
  });

  it('leaves the logits of the runner as they are', () => {
    const logits = flat.slice();
    const candidates = { ...candidatesOf(logits, 64), fullLogits: () => logits };
    sampleFrom(candidates, plain(logits, { logitBias: new Map([[1, 100]]) }, 0.5));
    expect(logits).toEqual(flat);
  });

  it('reads the full logits where the draw falls behind the candidates', () => {
    expect(sampleFrom(candidatesOf(flat, 64), plain(flat, {}, 0.5))).toBe(2500);
  });

  it('reads the full logits where the candidates do not reach top-p', () => {
    expect(sampleFrom(candidatesOf(flat, 64), plain(flat, { topP: 0.5 }, 0.9))).toBe(2250);
  });

  it('decides by the full logits where the rounding of the log-sum-exp could matter', () => {
    const logits = Float32Array.from({ length: 100 }, (_, token) => 1 - token / 100);
    const weights = [...logits].map((logit) => Math.exp(logit));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const edge = weights.slice(0, 3).reduce((sum, weight) => sum + weight, 0) / total;
    for (const near of [edge - 1e-8, edge + 1e-8]) {
      for (const error of [-1e-6, 0, 1e-6]) {
        const candidates = { ...candidatesOf(logits, 8), logSumExp: Math.log(total) + error };
        expect(sampleFrom(candidates, plain(logits, {}, near))).toBe(near < edge ? 2 : 3);
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
      const token = sampleFrom(candidatesOf(logits, 2), plain(logits, {}, number));
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
      expect(sampleFrom(candidates, plain(logits, { temperature }, 0.999_999))).toBe(0);
    }
  });

  it('refuses logits that are not numbers', () => {
    const logits = Float32Array.of(NaN, NaN);
    expect(() => sampleFrom(candidatesOf(logits, 2), plain(logits, {}, 0))).toThrow(
      expect.objectContaining({ code: 'engine_failed' }),
    );
  });
});
