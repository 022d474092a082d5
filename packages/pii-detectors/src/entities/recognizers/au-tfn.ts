import { contextWords } from '../context.ts';
import { digitsOf, isOneDigit, weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Australian tax file numbers: nine digits, weights modulo 11. */
export const auTfns = patternRecognizer({
  type: 'AU_TFN',
  pattern: bounded(String.raw`\d{3}(?<mark>[ \-]?)\d{3}\k<mark>\d{3}`),
  leastDigits: 9,
  alone: 0.1,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    if (isOneDigit(digits) || weightedSum(digits, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 !== 0) return false;
    return value.length > 9 ? 0.4 : 0.1;
  },
  context: contextWords('tfn', 'tax file(?: number| no\\.?)?', 'ato', 'tfn_?\\w*'),
});
