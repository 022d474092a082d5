import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf } from './candidates-of.ts';
import { certainHead } from './certain-head.ts';
import { byFallingLogit } from './falling-order.ts';
import { neutralSampling } from './neutral-sampling.ts';
import { referenceLogits } from './reference-sampler.ts';
import { penaltiesOf, samplerInput } from './sampler.fixture.ts';
import { tailBounds } from './tail-bounds.ts';

describe('tailBounds', () => {
  it('hold the sum of the weights behind the head that top-k leaves', () => {
    const temperature = fc.constantFrom(0.1, 0.5, 1, 1.5, 3);
    fc.assert(
      fc.property(samplerInput, fc.constantFrom(1, 4, 16, 64), temperature, (input, count, heat) => {
        const candidates = candidatesOf(input.logits, count);
        const head = certainHead(candidates, penaltiesOf(input), input.logits.length);
        const [first] = head.logits;
        const { length } = input.logits;
        fc.pre(first !== undefined && head.tokens.length < length);
        const { topK } = input.options;
        const wanted = topK === 0 ? length : Math.min(Math.max(topK, head.tokens.length + 1), length);
        const logits = referenceLogits(input);
        const tail = byFallingLogit(logits).subarray(head.tokens.length, wanted);
        const sum = tail.reduce(
          (total, token) => total + Math.exp(((logits[token] ?? 0) - (first ?? 0)) / heat),
          0,
        );
        const { least, most } = tailBounds(candidates, head, heat, wanted, input.logits.length);
        expect(least).toBeLessThanOrEqual(sum);
        expect(most).toBeGreaterThanOrEqual(sum);
      }),
      { numRuns: 500 },
    );
  });

  it('are narrow at temperature 1, where the log-sum-exp says it', () => {
    const logits = Float32Array.from({ length: 1000 }, (_, token) => -token / 100);
    const candidates = candidatesOf(logits, 64);
    const penalties = penaltiesOf({ options: neutralSampling, promptTokens: [], answerTokens: [] });
    const { least, most } = tailBounds(candidates, certainHead(candidates, penalties, 1000), 1, 1000, 1000);
    expect(most - least).toBeLessThan(1e-4 * most);
  });
});
