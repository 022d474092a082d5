import { readFloat16 } from './float16.ts';
import type { SupportedTypeName } from './gguf-tensor-types.ts';
import { readQ4KBlock, readQ4KCode, readQ6KCode, readQ6KScale } from './k-quant-blocks.ts';

const blockElements = 32;
const q6kBlockElements = 16;

type Dequantizer = (bytes: Uint8Array<ArrayBuffer>, values: Float32Array<ArrayBuffer>) => void;

/** The formulas are those of `dequantize_row_*` in ggml-quants.c. */
const dequantizers: Readonly<Record<SupportedTypeName, Dequantizer>> = {
  F32: (bytes, values) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < values.length; index += 1) values[index] = view.getFloat32(index * 4, true);
  },
  F16: (bytes, values) => {
    for (let index = 0; index < values.length; index += 1) values[index] = readFloat16(bytes, index * 2);
  },
  BF16: (bytes, values) => {
    // The upper half of a float32.
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let index = 0; index < values.length; index += 1) {
      bits[index] = ((bytes[index * 2] ?? 0) << 16) | ((bytes[index * 2 + 1] ?? 0) << 24);
    }
  },
  Q8_0: (bytes, values) => {
    for (let index = 0, offset = 0; index < values.length; index += blockElements, offset += 34) {
      const scale = readFloat16(bytes, offset);
      for (let element = 0; element < blockElements; element += 1) {
        values[index + element] = scale * (((bytes[offset + 2 + element] ?? 0) << 24) >> 24);
      }
    }
  },
  Q4_0: (bytes, values) => {
    for (let index = 0, offset = 0; index < values.length; index += blockElements, offset += 18) {
      const scale = readFloat16(bytes, offset);
      for (let element = 0; element < 16; element += 1) {
        const pair = bytes[offset + 2 + element] ?? 0;
        values[index + element] = scale * ((pair & 15) - 8);
        values[index + element + 16] = scale * ((pair >> 4) - 8);
      }
    }
  },
  Q4_1: (bytes, values) => {
    for (let index = 0, offset = 0; index < values.length; index += blockElements, offset += 20) {
      const scale = readFloat16(bytes, offset);
      const minimum = readFloat16(bytes, offset + 2);
      for (let element = 0; element < 16; element += 1) {
        const pair = bytes[offset + 4 + element] ?? 0;
        values[index + element] = scale * (pair & 15) + minimum;
        values[index + element + 16] = scale * (pair >> 4) + minimum;
      }
    }
  },
  Q4_K: (bytes, values) => {
    for (let index = 0, block = 0; index < values.length; index += blockElements, block += 1) {
      const { scale, minimum } = readQ4KBlock(bytes, block);
      for (let element = 0; element < blockElements; element += 1) {
        values[index + element] = scale * readQ4KCode(bytes, block, element) + minimum;
      }
    }
  },
  Q6_K: (bytes, values) => {
    for (let index = 0, block = 0; index < values.length; index += q6kBlockElements, block += 1) {
      const scale = readQ6KScale(bytes, block);
      for (let element = 0; element < q6kBlockElements; element += 1) {
        values[index + element] = scale * readQ6KCode(bytes, block, element);
      }
    }
  },
};

/** Blocks as a GGUF file stores them, to numbers. */
export function dequantize(
  type: SupportedTypeName,
  bytes: Uint8Array<ArrayBuffer>,
  elements: number,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(elements);
  dequantizers[type](bytes, values);
  return values;
}
