/** Every float16 by its bits: a table, since each block of a quantised tensor has one or two. */
const float16Values: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => decodeFloat16(bits));

export function readFloat16(bytes: Uint8Array, offset: number): number {
  return float16Values[(bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8)] ?? 0;
}

/** IEEE 754 binary16 to a number. */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
