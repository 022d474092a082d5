import { describe, expect, it } from 'vitest';
import { PromptLookup } from './prompt-lookup.ts';

function lookupOf(...tokens: number[]): PromptLookup {
  const lookup = new PromptLookup();
  lookup.add(tokens);
  return lookup;
}

describe('PromptLookup', () => {
  it('guesses what followed the last time that the last three tokens stood there', () => {
    expect(lookupOf(1, 2, 3, 40, 1, 2, 3, 50, 9, 1, 2, 3).draft(8)).toEqual([50]);
  });

  it('guesses nothing where the last three tokens are new', () => {
    expect(lookupOf(1, 2, 3, 4, 2, 3).draft(8)).toEqual([]);
    expect(lookupOf(1, 2).draft(8)).toEqual([]);
    expect(lookupOf().draft(8)).toEqual([]);
  });

  it('guesses more while it is right, up to seven and to what there is room for, and less after an error', () => {
    const lookup = lookupOf(...Array.from({ length: 40 }, (_, index) => index % 20));
    const lengths = [1, 3, 7, 7].map(() => {
      const { length } = lookup.draft(99);
      lookup.judge(length, length);
      return length;
    });
    expect(lengths).toEqual([1, 3, 7, 7]);
    expect(lookup.draft(5)).toHaveLength(5);
    expect(lookup.draft(-1)).toEqual([]);
    lookup.judge(7, 2);
    expect(lookup.draft(99)).toHaveLength(2);
  });

  it('pauses after a wrong guess, longer after each further one, until one is right', () => {
    const lookup = lookupOf(7, 7, 7, 7);
    const pauses = [0, 0, 1, 0].map((right) => {
      lookup.judge(1, right);
      let tokens = 0;
      for (; lookup.draft(1).length === 0; tokens += 1) lookup.add([7]);
      return tokens;
    });
    expect(pauses).toEqual([4, 8, 0, 4]);
  });
});
