import { seededRandom } from '@millrace/runtime';

/** Decisions that are the same for the same seed. */
export interface Dice {
  /** A whole number from 0 up to but not `limit`. */
  below(limit: number): number;
  /** @param share from 0 to 1 */
  chance(share: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
  bytes(length: number): Buffer;
  /** Of letters and digits. */
  word(length: number): string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

export function createDice(seed: number): Dice {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random.unit() * limit);
  return {
    below,
    chance: (share) => random.unit() < share,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
    bytes: (length) => Buffer.from(random.bytes(length)),
    word: (length) => Array.from({ length }, () => letters[below(letters.length)]).join(''),
  };
}
