import { describe, expect, it } from 'vitest';
import { dequantize } from './dequantize.ts';
import { extendedColumns, meanBlocks, packQ41 } from './pack-q41.ts';
import type { PackedWeight } from './packed-weight.ts';
import type { WeightMatrix } from './weight-matrix.ts';

const blockElements = 32;
const blockBytes = 20;

/** Rows of Q4_1 whose minima stand in no whole relation to their scales. */
function makeMatrix(rows: number, columns: number, minimumBits: (block: number) => number): WeightMatrix {
  const blocks = (rows * columns) / blockElements;
  const bytes = new Uint8Array(blocks * blockBytes);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < blocks; block += 1) {
    view.setUint16(block * blockBytes, 0x2c00 + ((block * 37) % 512), true); // scales from 1/16 on
    view.setUint16(block * blockBytes + 2, minimumBits(block), true);
    for (let byte = 0; byte < 16; byte += 1) bytes[block * blockBytes + 4 + byte] = block * 29 + byte * 53;
  }
  return { type: 'Q4_1', rows, columns, bytes };
}

const nibble = (array: Uint8Array | undefined, at: number): number =>
  ((array?.[at >> 1] ?? 0) >> (at % 2 === 0 ? 0 : 4)) & 15;

/** The product of a row of the packed weight with inputs, which are followed twice by the means of their blocks. */
function multiply({ codes, scales, zeroPoints }: PackedWeight, row: number, inputs: number[]): number {
  const means: number[] = [];
  for (let start = 0; start < inputs.length; start += blockElements) {
    const sum = inputs.slice(start, start + blockElements).reduce((total, each) => total + each, 0);
    means.push(sum / blockElements);
  }
  const padding = Array.from({ length: meanBlocks(inputs.length) * blockElements - means.length }, () => 0);
  const extended = [...inputs, ...means, ...padding, ...means];
  const rowBlocks = Math.ceil(extended.length / blockElements);
  return extended.reduce((total, input, column) => {
    const block = Math.floor(column / blockElements);
    const code = nibble(codes, row * rowBlocks * blockElements + column);
    const zeroPoint = nibble(zeroPoints, 2 * row * Math.ceil(rowBlocks / 2) + block);
    return total + (code - zeroPoint) * (scales[row * rowBlocks + block] ?? 0) * input;
  }, 0);
}

describe('packed Q4_1', () => {
  it.each([
    ['minima within the codes', 96, (block: number) => 0xb400 + ((block * 71) % 1024)],
    ['an odd number of blocks', 64, () => 0xb567],
    ['minima above zero', 96, () => 0x2e11],
  ])('multiplies as the weights do, up to a five-hundredth: %s', (_, columns, minimumBits) => {
    const matrix = makeMatrix(5, columns, minimumBits);
    const packed = packQ41(matrix);
    const weights = dequantize('Q4_1', matrix.bytes, 5 * columns);
    expect(packed.scales.length).toBe(5 * Math.ceil(extendedColumns(columns) / blockElements));
    for (let row = 0; row < 5; row += 1) {
      const inputs = Array.from({ length: columns }, (_value, column) => Math.sin(column * 12.9 + row) + 0.2);
      const terms = inputs.map((input, column) => input * (weights[row * columns + column] ?? 0));
      const expected = terms.reduce((sum, term) => sum + term, 0);
      const magnitude = Math.sqrt(terms.reduce((sum, term) => sum + term * term, 0));
      expect(Math.abs(multiply(packed, row, inputs) - expected) / magnitude).toBeLessThan(0.002);
    }
  });

  it('multiplies a block without any spread as its minimum', () => {
    const matrix = makeMatrix(1, 32, () => 0xb400);
    new DataView(matrix.bytes.buffer).setUint16(0, 0, true);
    const inputs = Array.from({ length: 32 }, (_, column) => column / 32);
    expect(multiply(packQ41(matrix), 0, inputs)).toBeCloseTo(-0.25 * inputs.reduce((a, b) => a + b, 0), 2);
  });
});
