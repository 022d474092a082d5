import { describe, expect, it } from 'vitest';
import { decodeFloat16 } from './float16.ts';
import { unpermuteRows } from './weight-matrix.ts';

describe('unpermuteRows', () => {
  it('brings the halves of each head together, as the converter to GGUF found them', () => {
    // One byte a row; two heads of four rows, interleaved as pairs (0, 2) and (1, 3).
    const permuted = Uint8Array.of(0, 2, 1, 3, 4, 6, 5, 7);
    expect([...unpermuteRows(permuted, 8, 2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('decodeFloat16', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65_504],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, Number.NaN],
  ])('reads the bits %i as %d', (bits, value) => {
    expect(decodeFloat16(bits)).toBe(value);
  });
});
