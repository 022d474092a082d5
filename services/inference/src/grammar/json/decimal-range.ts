import { byteOf, choice, literal, nothing, repeat, sequence } from './ebnf.ts';

const zero = 0x30;
const digit = (first: string, last: string): string =>
  first === last ? literal(first) : byteOf([[zero + Number(first), zero + Number(last)]]);

/**
 * The decimals from `min` to `max`, both in units of the last of `fractionDigits` digits behind the point.
 *
 * @returns alternatives, none of them when there are no such decimals
 */
export function decimalsBetween(min: bigint, max: bigint, fractionDigits: number): readonly string[] {
  const alternatives: string[] = [];
  if (min < 0n) {
    const least = max < 0n ? -max : 1n;
    alternatives.push(...magnitudes(least, -min, fractionDigits).map((each) => sequence(literal('-'), each)));
  }
  if (max >= 0n) alternatives.push(...magnitudes(min > 0n ? min : 0n, max, fractionDigits));
  return alternatives;
}

/** By length: a number has no leading zeros but the one before the point. */
function magnitudes(min: bigint, max: bigint, fractionDigits: number): string[] {
  const alternatives: string[] = [];
  const shortest = fractionDigits + 1;
  for (let length = shortest; length <= Math.max(shortest, String(max).length); length += 1) {
    const least = length === shortest ? 0n : 10n ** BigInt(length - 1);
    const most = 10n ** BigInt(length) - 1n;
    const from = min > least ? min : least;
    const to = max < most ? max : most;
    if (from > to) continue;
    const digits = (value: bigint): string => String(value).padStart(length, '0');
    alternatives.push(between(digits(from), digits(to), fractionDigits));
  }
  return alternatives;
}

/** The strings of digits of one length from `from` to `to`, with the point before the last `fractionDigits` of them. */
function between(from: string, to: string, fractionDigits: number): string {
  const { length } = from;
  if (length === 0) return nothing;
  const point = length === fractionDigits ? literal('.') : nothing;
  const [first, last] = [from.charAt(0), to.charAt(0)];
  const rest = (restFrom: string, restTo: string): string => between(restFrom, restTo, fractionDigits);
  const zeros = '0'.repeat(length - 1);
  const nines = '9'.repeat(length - 1);
  if (first === last) return sequence(point, literal(first), rest(from.slice(1), to.slice(1)));
  if (from === `0${zeros}` && to === `9${nines}`) return sequence(point, anyDigits(length, fractionDigits));
  const alternatives: string[] = [];
  let [low, high] = [Number(first), Number(last)];
  if (from.slice(1) !== zeros) {
    alternatives.push(sequence(literal(first), rest(from.slice(1), nines)));
    low += 1;
  }
  if (to.slice(1) !== nines) high -= 1;
  if (low <= high) alternatives.push(sequence(digit(String(low), String(high)), rest(zeros, nines)));
  if (to.slice(1) !== nines) alternatives.push(sequence(literal(last), rest(zeros, to.slice(1))));
  return sequence(point, choice(alternatives));
}

function anyDigits(count: number, fractionDigits: number): string {
  if (count <= fractionDigits) return repeat('[0-9]', count, count);
  const whole = repeat('[0-9]', count - fractionDigits, count - fractionDigits);
  return fractionDigits === 0
    ? whole
    : sequence(whole, literal('.'), repeat('[0-9]', fractionDigits, fractionDigits));
}
