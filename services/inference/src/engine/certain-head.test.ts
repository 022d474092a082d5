import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf } from './candidates-of.ts';
import { certainHead } from './certain-head.ts';
import { byFallingLogit } from './falling-order.ts';
import { neutralSampling } from './neutral-sampling.ts';
import { referenceLogits } from './reference-sampler.ts';
import { penaltiesOf, samplerInput } from './sampler.fixture.ts';

const candidateCount = fc.constantFrom(1, 4, 16, 64);

describe('certainHead', () => {
  it('is the beginning of the whole vocabulary in order of falling logit, and nothing behind is above its ceiling', () => {
    fc.assert(
      fc.property(samplerInput, candidateCount, (input, count) => {
        const candidates = candidatesOf(input.logits, count);
        const head = certainHead(candidates, penaltiesOf(input), input.logits.length);
        const logits = referenceLogits(input);
        const order = byFallingLogit(logits);
        expect([...head.tokens]).toEqual([...order.subarray(0, head.tokens.length)]);
        expect([...head.logits]).toEqual(Array.from(head.tokens, (token) => logits[token]));
        const next = logits[order[head.tokens.length] ?? -1] ?? -Infinity;
        expect(next).toBeLessThanOrEqual(head.ceiling);
      }),
      { numRuns: 800 },
    );
  });

  it('leaves out a candidate that falls level with others of a lower id', () => {
    const candidates = candidatesOf(Float32Array.of(1, 1, 1, 2), 2);
    const options = { ...neutralSampling, logitBias: new Map([[3, -1]]) };
    const penalties = penaltiesOf({ options, promptTokens: [], answerTokens: [] });
    expect(certainHead(candidates, penalties, 4).tokens).not.toContain(3);
  });

  it('is all candidates where nothing changes', () => {
    const candidates = candidatesOf(new Float32Array(20), 8);
    const penalties = penaltiesOf({ options: neutralSampling, promptTokens: [1], answerTokens: [2] });
    expect(certainHead(candidates, penalties, 20).tokens).toBe(candidates.tokens);
  });
});
