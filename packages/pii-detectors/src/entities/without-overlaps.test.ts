import { describe, expect, it } from 'vitest';
import { withClassified } from './with-classified.ts';
import { withoutOverlaps } from './without-overlaps.ts';

const entity = (type: string, start: number, end: number, score: number) => ({ type, start, end, score });

describe('of findings that overlap', () => {
  it('the surest counts, then the longest', () => {
    const found = [entity('A', 0, 4, 0.5), entity('B', 3, 6, 0.9), entity('C', 5, 9, 0.9)];
    expect(withoutOverlaps(found, 10)).toEqual([entity('A', 0, 4, 0.5), entity('C', 5, 9, 0.9)]);
  });

  it('the address of a street counts before a place, however sure that is', () => {
    const address = entity('STREET_ADDRESS', 4, 20, 0.5);
    const found = [entity('LOCATION', 0, 8, 0.95), address, entity('LOCATION', 22, 26, 0.6)];
    expect(withoutOverlaps(found, 30)).toEqual([address, entity('LOCATION', 22, 26, 0.6)]);
    expect(withClassified('x'.repeat(30), [address], [entity('LOCATION', 12, 24, 1)], 0.5)).toEqual([
      address,
    ]);
  });

  it('a place counts where something surer than the address does', () => {
    const found = [
      entity('LOCATION', 0, 6, 0.7),
      entity('STREET_ADDRESS', 4, 20, 0.8),
      entity('PERSON', 10, 20, 0.9),
    ];
    expect(withoutOverlaps(found, 30).map(({ type }) => type)).toEqual(['LOCATION', 'PERSON']);
  });
});
