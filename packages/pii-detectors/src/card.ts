import { digitRuns } from './digit-runs.ts';
import type { Finding } from './finding.ts';

/** Prefixes and lengths of the card brands: Visa, Mastercard (2-series included), American Express, Discover, Diners, JCB, UnionPay, Maestro. */
const brands: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|65|64[4-9])/, [16, 19]],
  [/^3(?:0[0-5]|[68])/, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:50|5[6-9]|6[37])/, [13, 14, 15, 16, 17, 18, 19]],
];

/** Payment cards: a brand's prefix and length, and the Luhn check digit. */
export function* findCards(text: string): Generator<Finding> {
  for (const { start, end, digits } of digitRuns(text)) {
    const known = brands.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits));
    if (known && passesLuhn(digits)) yield { type: 'CARD', start, end, value: text.slice(start, end) };
  }
}

/** The check digit of ISO/IEC 7812-1, annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const weighted = index % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
