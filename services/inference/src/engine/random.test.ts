import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32, uniformAt } from './random.ts';

describe('philox4x32', () => {
  it('gives the known answers of the Random123 library', () => {
    const ones = 0xffff_ffff;
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });
});

describe('uniformAt', () => {
  it('is a pure function with values from 0 up to but not 1', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(), (seed, position) => {
        const value = uniformAt(seed, position);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
        expect(uniformAt(seed, position)).toBe(value);
      }),
    );
  });

  it('takes a signed seed as its 64 bits', () => {
    expect(uniformAt(-1n, 7)).toBe(uniformAt(2n ** 64n - 1n, 7));
  });

  it('spreads evenly over positions of one seed and over neighbouring seeds', () => {
    const draws = 20_000;
    for (const drawAt of [
      (index: number) => uniformAt(42n, index),
      (index: number) => uniformAt(BigInt(index), 3),
    ]) {
      const buckets = Array.from({ length: 20 }, () => 0);
      for (let index = 0; index < draws; index++) {
        const bucket = Math.floor(drawAt(index) * 20);
        buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      }
      const chiSquared = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      expect(chiSquared).toBeLessThan(45); // 19 degrees of freedom: p < 0.001
    }
  });
});
