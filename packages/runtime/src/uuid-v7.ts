import type { Clock } from './clock.ts';
import type { RandomSource } from './random-source.ts';

export type IdGenerator = () => string;

const counterBits = 12;
const counterLimit = 2 ** counterBits;

/** A UUID version 7 (RFC 9562, 5.7) of this moment. For ids in the order of their making, see {@link createIdGenerator}. */
export function uuidv7(clock: Clock, random: RandomSource): string {
  const bytes = random.bytes(10);
  return format(clock.now(), ((bytes[0] ?? 0) << 4) | ((bytes[1] ?? 0) >> 4), bytes.subarray(2));
}

/**
 * UUIDs version 7, each greater than the one before: the 12 bits after the time count within a millisecond
 * (RFC 9562, 6.2, method 1), also when the clock goes back.
 */
export function createIdGenerator(clock: Clock, random: RandomSource): IdGenerator {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const bytes = random.bytes(10);
    const nowMs = clock.now();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // The top bit stays free, so that at least 2048 ids fit before the time is borrowed from.
      counter = (((bytes[0] ?? 0) << 3) | ((bytes[1] ?? 0) >> 5)) & (counterLimit / 2 - 1);
    } else if (++counter === counterLimit) {
      lastMs += 1;
      counter = 0;
    }
    return format(lastMs, counter, bytes.subarray(2));
  };
}

/**
 * The UUID version 7 of a moment and of bytes that are the same each time, such as a hash: so two who know the same make the same id.
 *
 * @param tail 10 bytes, of which 74 bits count
 */
export function uuidv7Of(timeMs: number, tail: Uint8Array): string {
  return format(timeMs, (((tail[0] ?? 0) & 0x0f) << 8) | (tail[1] ?? 0), tail.subarray(2));
}

function format(timeMs: number, counter: number, tail: Uint8Array): string {
  const time = timeMs.toString(16).padStart(12, '0');
  const middle = (0x7000 | counter).toString(16);
  const variant = (0x80 | ((tail[0] ?? 0) & 0x3f)).toString(16);
  const rest = Array.from(tail.subarray(1, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-${middle}-${variant}${rest.slice(0, 2)}-${rest.slice(2)}`;
}

/** When a UUID version 7 was made, in milliseconds since the epoch. */
export function madeAt(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
