import { contextWords } from '../context.ts';
import { passesLuhn } from '../checksums/luhn.ts';
import { digitsOf, isOneDigit } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Prefixes and lengths of the brands: Visa, Mastercard (2-series included), American Express, Discover, Diners, JCB, UnionPay, Maestro. */
const brands: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/u, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/u, [16]],
  [/^3[47]/u, [15]],
  [/^(?:6011|65|64[4-9])/u, [16, 19]],
  [/^3(?:0[0-5]|[68])/u, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/u, [16, 19]],
  [/^62/u, [16, 17, 18, 19]],
  [/^(?:50|5[6-9]|6[37])/u, [13, 14, 15, 16, 17, 18, 19]],
];

/** Payment cards: a brand's prefix and length, and the Luhn check digit; in groups, or as they are embossed. */
export const creditCards = patternRecognizer({
  type: 'CREDIT_CARD',
  pattern: bounded(String.raw`\d(?:[ \u00a0.\-‐–]?\d){12,18}`),
  leastDigits: 13,
  alone: 0.7,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    if (!passesLuhn(digits) || isOneDigit(digits)) return false;
    const known = brands.findIndex(
      ([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits),
    );
    if (known < 0) return false;
    // Maestro says little by its prefix.
    return known === brands.length - 1 ? 0.4 : /^\d{3,6}\D/u.test(value) ? 0.9 : 0.75;
  },
  context: contextWords(
    'cards?',
    'credit',
    'debit',
    'visa',
    'mastercard',
    'amex',
    'american express',
    'discover',
    'diners',
    'jcb',
    'maestro',
    'unionpay',
    'pan',
    'cc',
    'card_?no',
    'card_?number',
    'cardholder',
    'cvv',
    'cvc',
    'kreditkarte',
    'karte',
    'kartennummer',
    'carte(?: bancaire| bleue)?',
    'tarjeta',
    'carta di credito',
    'cartão',
  ),
});
