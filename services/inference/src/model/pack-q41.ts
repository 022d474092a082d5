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

/** Columns of the weight that `packQ41` makes: the inputs, and twice their block means, padded to whole blocks. */
export function extendedColumns(columns: number): number {
  return columns + 2 * meanBlocks(columns) * blockElements;
}

/**
 * Q4_1 and Q4_K are w = d·q + m. The fast 4-bit kernel has the zero point 8 and no offset, so with x the inputs of a block
 *
 *   Σ w·x = Σ d·(q − 8)·x + (m + 8d)·Σ x,   and Σ x = 32·mean(x).
 *
 * The second term is a product too, of the block means with the weights 32·(m + 8d). Those are appended to the weight
 * as further 4-bit columns: once, and once more with what rounding left over of the first copy. The graph appends the
 * block means to its input twice, and one kernel computes all of it.
 */
export function packQ41({ type, rows, columns, bytes }: WeightMatrix): PackedWeight {
  if (!isAffine4Bit(type)) throw new MillraceError('internal_error', `${type} is not w = d·q + m.`);
  const readBlock: BlockReader = blockReaders[type];
  const inputBlocks = columns / blockElements;
  const extraBlocks = meanBlocks(columns);
  const rowBlocks = inputBlocks + 2 * extraBlocks;
  const codes = new Uint8Array(rows * rowBlocks * codeBytes);
  const scales = new Float32Array(rows * rowBlocks);
  const corrections = new Float32Array(extraBlocks * blockElements);
  for (let row = 0; row < rows; row += 1) {
    const target = row * rowBlocks;
    for (let block = 0; block < inputBlocks; block += 1) {
      const at = (target + block) * codeBytes;
      const { scale, minimum } = readBlock(bytes, row * inputBlocks + block, codes, at);
      scales[target + block] = scale;
      corrections[block] = blockElements * (minimum + 8 * scale);
    }
    for (const copy of [0, 1]) {
      for (let block = 0; block < extraBlocks; block += 1) {
        const at = target + inputBlocks + copy * extraBlocks + block;
        const part = corrections.subarray(block * blockElements, (block + 1) * blockElements);
        scales[at] = quantizeBlock(part, codes, at * codeBytes);
      }
    }
  }
  return { codes, scales };
}

/**
 * One block to 4 bits with the zero point 8: the largest value, by magnitude, becomes the code 0, which is −8. What
 * rounding leaves over replaces the values.
 *
 * @returns the scale
 */
function quantizeBlock(values: Float32Array, codes: Uint8Array, at: number): number {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(largest)) largest = value;
  const scale = largest === 0 ? 1e-8 : Math.fround(largest / -8);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    const code = Math.min(15, Math.max(0, Math.round(value / scale) + 8));
    values[index] = value - (code - 8) * scale;
    codes[at + (index >> 1)] = (codes[at + (index >> 1)] ?? 0) | (code << (index % 2 === 0 ? 0 : 4));
  }
  return scale;
}
