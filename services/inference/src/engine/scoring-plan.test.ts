import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planScoring } from './scoring-plan.ts';

const plan = (...continuations: readonly number[][]) =>
  planScoring(continuations.map((tokens) => Int32Array.from(tokens)));

describe('planScoring', () => {
  it('reads all first tokens behind the prompt, and feeds a shared beginning in once', () => {
    expect(plan([1, 2], [1, 3], [4])).toEqual([
      {
        token: -1,
        offset: -1,
        wanted: [
          { token: 1, continuation: 0, index: 0 },
          { token: 1, continuation: 1, index: 0 },
          { token: 4, continuation: 2, index: 0 },
        ],
      },
      {
        token: 1,
        offset: 0,
        wanted: [
          { token: 2, continuation: 0, index: 1 },
          { token: 3, continuation: 1, index: 1 },
        ],
      },
    ]);
  });

  it('feeds in what each token follows, whatever the continuations are', () => {
    const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 8 }), (continuations) => {
        const fed: number[] = [];
        const read = continuations.map((): number[] => []);
        for (const { token, offset, wanted } of plan(...continuations)) {
          if (offset >= 0) fed.splice(offset, Infinity, token);
          for (const each of wanted) {
            const all = continuations[each.continuation] ?? [];
            expect(fed).toEqual(all.slice(0, each.index));
            expect(each.token).toBe(all[each.index]);
            read[each.continuation]?.push(each.token);
          }
        }
        expect(read).toEqual(continuations);
      }),
    );
  });
});
