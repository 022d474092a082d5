import fastCheck from 'fast-check';
import { expect, it } from 'vitest';
import { planBatches } from './plan-batches.ts';

it('has every text once, in batches that are small enough or hold a single text', () => {
  fastCheck.assert(
    fastCheck.property(
      fastCheck.array(fastCheck.integer({ min: 1, max: 40 }), { maxLength: 60 }),
      fastCheck.integer({ min: 1, max: 100 }),
      (lengths, maxBatchTokens) => {
        const batches = planBatches(lengths, maxBatchTokens);
        expect(batches.flat().toSorted((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
        for (const batch of batches) {
          const padded = batch.length * Math.max(...batch.map((index) => lengths[index] ?? 0));
          expect(batch.length === 1 || padded <= maxBatchTokens).toBe(true);
        }
      },
    ),
  );
});

it('groups texts of similar length', () => {
  expect(planBatches([8, 2, 8, 2, 2], 16)).toEqual([
    [1, 3, 4],
    [0, 2],
  ]);
});
