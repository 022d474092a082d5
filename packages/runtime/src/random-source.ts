import { getRandomValues, randomInt } from 'node:crypto';
import { createDrawnBytes } from './drawn-bytes.ts';

/** Where random numbers come from. Handed in, so that tests repeat. */
export interface RandomSource {
  bytes(length: number): Uint8Array;
  /** From 0 up to but not 1. */
  unit(): number;
}

/** What is longer is drawn by itself. */
const mostDrawn = 64;
const drawBytes = createDrawnBytes(4_096);

/** Cryptographically strong. */
export const systemRandom: RandomSource = {
  bytes: (length) => (length <= mostDrawn ? drawBytes(length) : getRandomValues(new Uint8Array(length))),
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
