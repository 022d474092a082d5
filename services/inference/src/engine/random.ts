/**
 * Philox4x32 with 10 rounds, a counter-based generator: the output is a pure function of key and counter.
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11, https://doi.org/10.1145/2063384.2063405.
 *
 * @param counter four 32-bit words
 * @param key two 32-bit words
 * @returns four 32-bit words
 */
export function philox4x32(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0) >>> 0;
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * The random number of one position of one request, so that a generation that is continued elsewhere draws the same.
 *
 * @param seed of which the low 64 bits count
 * @param position of the token in the sequence, prompt included
 * @returns a multiple of 2^-53 from 0 up to but not 1
 */
export function uniformAt(seed: bigint, position: number): number {
  const key = BigInt.asUintN(64, seed);
  const [high, low] = philox4x32(
    [position >>> 0, Math.floor(position / 2 ** 32), 0, 0],
    [Number(key & 0xffff_ffffn), Number(key >> 32n)],
  );
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

export type Words4 = readonly [number, number, number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** The upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const middleLow = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65_536) + Math.floor(middleLow / 65_536)) >>> 0;
}
