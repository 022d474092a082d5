import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelScores } from './label-scores.ts';

const logprob = fc.double({ min: -60, max: 0, noNaN: true });

test('scores sum to 1, fall, and keep the labels', () => {
  const rows = fc.array(fc.array(logprob, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 100 });
  fc.assert(
    fc.property(rows, (logprobs) => {
      const labels = logprobs.map((_, index) => `label ${index}`);
      const scores = labelScores(labels, logprobs);
      expect(Math.abs(scores.reduce((total, { score }) => total + score, 0) - 1)).toBeLessThan(1e-9);
      expect(scores.map(({ score }) => score)).toEqual(
        scores.map(({ score }) => score).toSorted((a, b) => b - a),
      );
      expect(new Set(scores.map(({ label }) => label))).toEqual(new Set(labels));
    }),
  );
});

test('a label is not worse for its length', () => {
  const [first, second] = labelScores(['short', 'long'], [[-1], [-1, -1, -1]]);
  expect(first).toEqual({ label: 'short', score: 0.5 });
  expect(second).toEqual({ label: 'long', score: 0.5 });
});

test('the score is the softmax of the mean log-probability of the tokens', () => {
  const scores = labelScores(['a', 'b'], [[-3, -1], [-1]]);
  const expected = Math.exp(-1) / (Math.exp(-1) + Math.exp(-2));
  expect(scores[0]?.label).toBe('b');
  expect(scores[0]?.score).toBeCloseTo(expected, 12);
});
