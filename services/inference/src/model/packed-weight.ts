import { dequantize } from './dequantize.ts';
import { readFloat16 } from './float16.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';
import { readQ6KCode, readQ6KScale } from './k-quant-blocks.ts';
import type { WeightMatrix } from './weight-matrix.ts';

/** Elements that share a scale: GGUF's block and the `block_size` of `MatMulNBits`; Q6_K alone has others. */
export const blockElements = 32;
const q6kBlockElements = 16;
/** Of 8-bit codes, for 0. */
export const eightBitZeroPoint = 128;

/**
 * A weight as `MatMulNBits` takes it: codes row after row (two 4-bit codes in a byte, the first in the low half), one
 * scale for each block, and the zero point that is the operator's default, 8 of 4 bits, 128 of 8 bits, or one of its own for each block.
 */
export interface PackedWeight {
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  /** For 4 bits: two in a byte like the codes, each row beginning with a whole byte. */
  readonly zeroPoints?: Uint8Array<ArrayBuffer>;
}

/** Q4_0 is w = d·(q − 8): the codes are taken over as they are, in another order. */
export function packQ40({ rows, columns, bytes }: WeightMatrix): PackedWeight {
  const blocks = (rows * columns) / blockElements;
  const codes = new Uint8Array(blocks * 16);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    scales[block] = readFloat16(bytes, block * 18);
    interleaveNibbles(bytes, block * 18 + 2, codes, block * 16);
  }
  return { codes, scales };
}

/** Q8_0 is w = d·q with q in [−128, 127]: exact with the zero point 128. */
function packQ80({ rows, columns, bytes }: WeightMatrix): PackedWeight {
  const blocks = (rows * columns) / blockElements;
  const codes = new Uint8Array(blocks * blockElements);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block += 1) {
    scales[block] = readFloat16(bytes, block * 34);
    for (let element = 0; element < blockElements; element += 1) {
      codes[block * blockElements + element] =
        ((bytes[block * 34 + 2 + element] ?? 0) + eightBitZeroPoint) & 255;
    }
  }
  return { codes, scales };
}

/** Q6_K is w = d·q with q in [−32, 31], in blocks of 16. Their kernel is as fast as that for blocks of 32, so they stay. */
function packQ6K({ rows, columns, bytes }: WeightMatrix): PackedWeight {
  const elements = rows * columns;
  const codes = new Uint8Array(elements);
  const scales = new Float32Array(elements / q6kBlockElements);
  for (let block = 0; block < scales.length; block += 1) {
    scales[block] = readQ6KScale(bytes, block);
    for (let element = 0; element < q6kBlockElements; element += 1) {
      codes[block * q6kBlockElements + element] = readQ6KCode(bytes, block, element) + eightBitZeroPoint;
    }
  }
  return { codes, scales };
}

/** How a type becomes 8 bits. */
export interface EightBitForm {
  readonly blockElements: number;
  readonly pack: (matrix: WeightMatrix) => PackedWeight;
}

/** The types that 8 bits with a scale for each block hold exactly. */
export const exactEightBitForms: Readonly<Partial<Record<SupportedTypeName, EightBitForm>>> = {
  Q8_0: { blockElements, pack: packQ80 },
  Q6_K: { blockElements: q6kBlockElements, pack: packQ6K },
};

/** Any other type as 8 bits, symmetric: used for the head, where it costs next to nothing in quality. */
export function quantizeTo8Bits(matrix: WeightMatrix): PackedWeight {
  const elements = matrix.rows * matrix.columns;
  const values = dequantize(matrix.type, matrix.bytes, elements);
  const codes = new Uint8Array(elements);
  const scales = new Float32Array(elements / blockElements);
  for (let start = 0; start < elements; start += blockElements) {
    let largest = 0;
    for (let element = 0; element < blockElements; element += 1) {
      largest = Math.max(largest, Math.abs(values[start + element] ?? 0));
    }
    const scale = largest === 0 ? 1 : largest / 127;
    scales[start / blockElements] = scale;
    for (let element = 0; element < blockElements; element += 1) {
      codes[start + element] = eightBitZeroPoint + Math.round((values[start + element] ?? 0) / scale);
    }
  }
  return { codes, scales };
}

/** GGUF pairs elements i and i + 16 in a byte, `MatMulNBits` elements 2i and 2i + 1. */
export function interleaveNibbles(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let index = 0; index < 8; index += 1) {
    const first = source[from + 2 * index] ?? 0;
    const second = source[from + 2 * index + 1] ?? 0;
    target[to + index] = (first & 15) | ((second & 15) << 4);
    target[to + 8 + index] = (first >> 4) | (second & 0xf0);
  }
}
