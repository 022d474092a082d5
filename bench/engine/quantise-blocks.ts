const blockElements = 32;

export type QuantisedType = 'Q8_0' | 'Q4_0';

/**
 * Numbers to blocks of 32, bit for bit as `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref` in ggml-quants.c: single precision
 * throughout, which `Math.fround` stands for.
 *
 * @param values a whole number of blocks
 */
export function quantiseBlocks(type: QuantisedType, values: Float32Array): Uint8Array<ArrayBuffer> {
  const quantise = type === 'Q8_0' ? quantiseQ80 : quantiseQ40;
  const blockBytes = type === 'Q8_0' ? 34 : 18;
  const blocks = values.length / blockElements;
  const bytes = new Uint8Array(blocks * blockBytes);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < blocks; block += 1) {
    const start = block * blockElements;
    quantise(values.subarray(start, start + blockElements), view, block * blockBytes);
  }
  return bytes;
}

/** A float16 scale and 32 int8, rounded half away from zero. */
function quantiseQ80(values: Float32Array, view: DataView, offset: number): void {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  const scale = Math.fround(largest / 127);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  view.setFloat16(offset, scale, true);
  for (const [index, value] of values.entries()) {
    const scaled = Math.fround(value * inverse);
    view.setInt8(offset + 2 + index, Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5));
  }
}

/** A float16 scale, whose sign makes the largest value -8, and 32 nibbles: element i and i + 16 share a byte. */
function quantiseQ40(values: Float32Array, view: DataView, offset: number): void {
  let largest = 0;
  let signed = 0;
  for (const value of values) {
    if (largest >= Math.abs(value)) continue;
    largest = Math.abs(value);
    signed = value;
  }
  const scale = Math.fround(signed / -8);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  view.setFloat16(offset, scale, true);
  const half = blockElements / 2;
  const nibble = (index: number): number =>
    Math.min(15, Math.trunc(Math.fround(Math.fround((values[index] ?? 0) * inverse) + 8.5)));
  for (let index = 0; index < half; index += 1) {
    view.setUint8(offset + 2 + index, nibble(index) | (nibble(index + half) << 4));
  }
}
