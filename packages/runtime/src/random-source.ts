import { getRandomValues, randomFillSync, randomInt } from 'node:crypto';

/** Where random numbers come from. Handed in, so that tests repeat. */
export interface RandomSource {
  bytes(length: number): Uint8Array;
  /** From 0 up to but not 1. */
  unit(): number;
}

const drawn = Buffer.alloc(4_096);
let at = drawn.length;

/** Few bytes are drawn from the system many at a time: a call for each id would cost more than all else about it. */
function fewBytes(length: number): Uint8Array {
  if (at + length > drawn.length) {
    randomFillSync(drawn);
    at = 0;
  }
  at += length;
  // A copy: what was handed out must not change with the next draw. What is used once is not left behind.
  const bytes = Uint8Array.prototype.slice.call(drawn, at - length, at);
  drawn.fill(0, at - length, at);
  return bytes;
}

/** Cryptographically strong. */
export const systemRandom: RandomSource = {
  bytes: (length) => (length <= 64 ? fewBytes(length) : getRandomValues(new Uint8Array(length))),
  unit: () => randomInt(2 ** 47) / 2 ** 47,
};

/** For tests: the same numbers for the same seed (mulberry32). Never for keys or nonces. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (length) => Uint8Array.from({ length }, () => next() & 255),
    unit: () => next() / 2 ** 32,
  };
}
