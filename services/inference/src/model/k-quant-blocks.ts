import { readFloat16 } from './float16.ts';

/** Elements of a super-block of the K types (`QK_K` of ggml-common.h). */
const superBlockElements = 256;

/** `block_q4_K`: two float16, 12 bytes of scales and minima, 256 codes of 4 bits. */
const q4 = { bytes: 144, scales: 4, codes: 16, elements: 32 };
/** `block_q6_K`: the codes' low 4 bits, their high 2, 16 scales of 8 bits, a float16. */
const q6 = { bytes: 210, high: 128, scales: 192, scale: 208, elements: 16 };

/** What the 32 elements of a block share: w = scale·q + minimum. */
export interface AffineBlock {
  readonly scale: number;
  readonly minimum: number;
}

/**
 * Scale and minimum of a block of 32 of Q4_K: those of its super-block times 6 bits of its own, packed as
 * `get_scale_min_k4` of ggml-quants.c unpacks them. The minimum is subtracted there, so it is negative here.
 */
export function readQ4KBlock(bytes: Uint8Array, block: number): AffineBlock {
  const start = superBlockStart(block, q4);
  const index = block % (superBlockElements / q4.elements);
  const packed = (at: number): number => bytes[start + q4.scales + at] ?? 0;
  const [scale, minimum] =
    index < 4
      ? [packed(index) & 63, packed(index + 4) & 63]
      : [
          (packed(index + 4) & 15) | ((packed(index - 4) >> 6) << 4),
          (packed(index + 4) >> 4) | ((packed(index) >> 6) << 4),
        ];
  return {
    scale: readFloat16(bytes, start) * scale,
    minimum: -readFloat16(bytes, start + 2) * minimum,
  };
}

/** The code of an element of a block of 32 of Q4_K, 0 to 15: two blocks share 32 bytes. */
export function readQ4KCode(bytes: Uint8Array, block: number, element: number): number {
  const index = block % (superBlockElements / q4.elements);
  const pair = bytes[superBlockStart(block, q4) + q4.codes + (index >> 1) * q4.elements + element] ?? 0;
  return index % 2 === 0 ? pair & 15 : pair >> 4;
}

/** Scale of a block of 16 of Q6_K: w = scale·q. */
export function readQ6KScale(bytes: Uint8Array, block: number): number {
  const start = superBlockStart(block, q6);
  const own = (bytes[start + q6.scales + (block % (superBlockElements / q6.elements))] ?? 0) << 24;
  return readFloat16(bytes, start + q6.scale) * (own >> 24);
}

/**
 * The code of an element of a block of 16 of Q6_K, −32 to 31. A half of the super-block has four groups of 32
 * elements: two share the 64 bytes of low bits with the other two, and all four the 32 bytes of high bits.
 */
export function readQ6KCode(bytes: Uint8Array, block: number, element: number): number {
  const start = superBlockStart(block, q6);
  const inSuperBlock = (block * q6.elements + element) % superBlockElements;
  const half = inSuperBlock >> 7;
  const group = (inSuperBlock >> 5) & 3;
  const inGroup = inSuperBlock & 31;
  const low = bytes[start + half * 64 + (group & 1) * 32 + inGroup] ?? 0;
  const high = bytes[start + q6.high + half * 32 + inGroup] ?? 0;
  return ((group < 2 ? low & 15 : low >> 4) | (((high >> (2 * group)) & 3) << 4)) - 32;
}

function superBlockStart(
  block: number,
  { bytes, elements }: { readonly bytes: number; readonly elements: number },
): number {
  return Math.floor((block * elements) / superBlockElements) * bytes;
}
