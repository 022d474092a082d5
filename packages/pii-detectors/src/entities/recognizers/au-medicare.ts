import { contextWords } from '../context.ts';
import { digitsOf, weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Australian Medicare cards: eight digits beginning with 2 to 6, a check digit modulo 10, the issue, and perhaps the person's number. */
export const auMedicares = patternRecognizer({
  type: 'AU_MEDICARE',
  pattern: bounded(String.raw`[2-6]\d{3}(?<mark>[ \-]?)\d{5}\k<mark>\d(?:[ \-/]?[1-9])?`),
  leastDigits: 10,
  alone: 0.1,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    if (weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 !== Number(digits[8])) return false;
    return /[ -]/u.test(value) ? 0.6 : 0.1;
  },
  context: contextWords('medicare(?: card| number| no\\.?)?', 'medicare_?\\w*'),
});
