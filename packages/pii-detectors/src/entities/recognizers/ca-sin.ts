import { contextWords } from '../context.ts';
import { passesLuhn } from '../checksums/luhn.ts';
import { digitsOf, isOneDigit } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Canadian social insurance numbers: nine digits, none in front being 0 or 8, Luhn's check digit. */
export const caSins = patternRecognizer({
  type: 'CA_SIN',
  pattern: bounded(String.raw`[1-79]\d{2}(?<mark>[ \-]?)\d{3}\k<mark>\d{3}`),
  leastDigits: 9,
  alone: 0.1,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    if (isOneDigit(digits) || !passesLuhn(digits)) return false;
    return value.length > 9 ? 0.55 : 0.1;
  },
  context: contextWords(
    'sin(?: number| no\\.?)?',
    'social insurance',
    'assurance sociale',
    'nas',
    'canadian',
    'sin_?\\w*',
  ),
});
