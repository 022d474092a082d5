import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf } from './candidates-of.ts';
import { logprobsOf } from './logprobs.ts';
import { referenceLogprobs } from './reference-sampler.ts';

const logit = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -20, max: 20, noNaN: true }) },
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 1, arbitrary: fc.constant(-Infinity) },
);
const logits = fc
  .array(logit, { minLength: 1, maxLength: 100 })
  .filter((row) => row.some((entry) => entry > -Infinity))
  .map((row) => Float32Array.from(row));

function never(): never {
  throw new Error('the full logits were read');
}

describe('logprobsOf', () => {
  it('gives the log-softmax of the drawn token and of the most likely ones, whatever the candidates are', () => {
    fc.assert(
      fc.property(
        logits,
        fc.nat(),
        fc.nat(20),
        fc.constantFrom(1, 8, 64),
        (row, drawn, count, candidates) => {
          const token = drawn % row.length;
          const given = logprobsOf(candidatesOf(row, candidates), token, count);
          const expected = referenceLogprobs(row, token, count);
          expect(given.top.map((likely) => likely.token)).toEqual(expected.top.map((likely) => likely.token));
          const numbers = [given, ...given.top].map(({ logprob }) => logprob);
          for (const [index, { logprob }] of [expected, ...expected.top].entries()) {
            expect(numbers[index]).toBeCloseTo(logprob, 4); // -Infinity is close to itself alone
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads no full logits for what the candidates have', () => {
    const row = Float32Array.from({ length: 1000 }, (_, token) => -token);
    expect(logprobsOf({ ...candidatesOf(row, 64), fullLogits: never }, 63, 20).top).toHaveLength(20);
  });

  it('gives a token that is all but certain no probability above 1', () => {
    const candidates = { ...candidatesOf(Float32Array.of(30, 0), 2), logSumExp: 29.999_998 };
    expect(logprobsOf(candidates, 0, 1)).toEqual({ logprob: 0, top: [{ token: 0, logprob: 0 }] });
  });
});
