import { MillraceError } from '@millrace/runtime';
import { readFloat16 } from './float16.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';
import { readQ4KBlock, readQ4KCode, type AffineBlock } from './k-quant-blocks.ts';
import { blockElements, interleaveNibbles, type PackedWeight } from './packed-weight.ts';
import type { WeightMatrix } from './weight-matrix.ts';

const codeBytes = blockElements / 2;

/** Writes the codes of a block of 32, two in a byte, and says what they are codes of. */
type BlockReader = (bytes: Uint8Array, block: number, codes: Uint8Array, at: number) => AffineBlock;

const blockReaders = {
  Q4_1: (bytes, block, codes, at) => {
    const start = block * 20;
    interleaveNibbles(bytes, start + 4, codes, at);
    return { scale: readFloat16(bytes, start), minimum: readFloat16(bytes, start + 2) };
  },
  Q4_K: (bytes, block, codes, at) => {
    for (let pair = 0; pair < codeBytes; pair += 1) {
      codes[at + pair] = readQ4KCode(bytes, block, 2 * pair) | (readQ4KCode(bytes, block, 2 * pair + 1) << 4);
    }
    return readQ4KBlock(bytes, block);
  },
} as const satisfies Partial<Record<SupportedTypeName, BlockReader>>;

/** Whether a type is w = d·q + m with 4-bit codes in blocks of 32. */
export function isAffine4Bit(type: SupportedTypeName): type is keyof typeof blockReaders {
  return type in blockReaders;
}

/** Blocks that the means of `columns` inputs take, one mean for each block of inputs. */
export function meanBlocks(columns: number): number {
  return Math.ceil(columns / blockElements / blockElements);
}

/** Columns of the weight that `packQ41` makes: the inputs, and twice their block means, the first time padded to whole blocks. */
export function extendedColumns(columns: number): number {
  return columns + meanBlocks(columns) * blockElements + columns / blockElements;
}

/**
 * Q4_1 and Q4_K are w = d·q + m. The fast 4-bit kernel takes w = d·(q − z) with a whole zero point z from 0 to 15 for each block,
 * so with z = round(−m/d) and x the inputs of a block
 *
 *   Σ w·x = Σ d·(q − z)·x + (m + d·z)·Σ x,   and Σ x = 32·mean(x).
 *
 * The second term is small, since z is nearest, and a product too, of the block means with the weights 32·(m + d·z). Those are
 * appended to the weight as further 4-bit columns: once, and once more with what rounding left over of the first copy. The graph
 * appends the block means to its input twice, and one kernel computes all of it.
 */
export function packQ41({ type, rows, columns, bytes }: WeightMatrix): PackedWeight {
  if (!isAffine4Bit(type)) throw new MillraceError('internal_error', `${type} is not w = d·q + m.`);
  const readBlock: BlockReader = blockReaders[type];
  const inputBlocks = columns / blockElements;
  const extraBlocks = meanBlocks(columns);
  const rowBlocks = inputBlocks + 2 * extraBlocks;
  const zeroPointBytes = Math.ceil(rowBlocks / 2);
  const codes = new Uint8Array(rows * rowBlocks * codeBytes);
  const scales = new Float32Array(rows * rowBlocks);
  const zeroPoints = new Uint8Array(rows * zeroPointBytes);
  const corrections = new Float32Array(extraBlocks * blockElements);
  const setZeroPoint = (row: number, block: number, value: number): void => {
    const at = row * zeroPointBytes + (block >> 1);
    zeroPoints[at] = (zeroPoints[at] ?? 0) | (value << (block % 2 === 0 ? 0 : 4));
  };
  for (let row = 0; row < rows; row += 1) {
    const target = row * rowBlocks;
    for (let block = 0; block < inputBlocks; block += 1) {
      const at = (target + block) * codeBytes;
      const { scale, minimum } = readBlock(bytes, row * inputBlocks + block, codes, at);
      const zeroPoint = nearestCode(-minimum / scale);
      scales[target + block] = scale;
      setZeroPoint(row, block, zeroPoint);
      corrections[block] = blockElements * (minimum + zeroPoint * scale);
    }
    for (let block = 0; block < 2 * extraBlocks; block += 1) {
      const at = target + inputBlocks + block;
      const start = (block % extraBlocks) * blockElements;
      const part = corrections.subarray(start, start + blockElements);
      scales[at] = quantizeBlock(part, codes, at * codeBytes);
      setZeroPoint(row, inputBlocks + block, middleCode);
    }
  }
  return { codes, scales, zeroPoints };
}

const middleCode = 8;

/** A whole number from 0 to 15; 0 for what is no number. */
function nearestCode(value: number): number {
  return Math.min(15, Math.max(0, Math.round(value) || 0));
}

/**
 * One block to 4 bits with the zero point 8. The largest value, by magnitude, becomes the code 0 or one near it, whichever leaves the
 * smallest error. What rounding leaves over replaces the values.
 *
 * @returns the scale
 */
function quantizeBlock(values: Float32Array, codes: Uint8Array, at: number): number {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest === 0) {
    codes.fill(middleCode * 17, at, at + codeBytes);
    return 1e-8;
  }
  const candidates = [-8, -7.5, -7].map((code) => Math.fround(largest / code));
  const errors = candidates.map((scale) => squaredError(values, scale));
  const scale = candidates[errors.indexOf(Math.min(...errors))] ?? largest;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const code = nearestCode(value / scale + middleCode);
    values[index] = value - (code - middleCode) * scale;
    codes[at + (index >> 1)] = (codes[at + (index >> 1)] ?? 0) | (code << (index % 2 === 0 ? 0 : 4));
  }
  return scale;
}

function squaredError(values: Float32Array, scale: number): number {
  let sum = 0;
  for (const value of values) {
    sum += (value - (nearestCode(value / scale + middleCode) - middleCode) * scale) ** 2;
  }
  return sum;
}
