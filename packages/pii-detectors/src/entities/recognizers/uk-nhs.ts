import { contextWords } from '../context.ts';
import { digitsOf, isOneDigit, weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** NHS numbers: ten digits, weights 10 to 2, modulo 11. */
export const ukNhsNumbers = patternRecognizer({
  type: 'UK_NHS',
  pattern: bounded(String.raw`\d{3}(?<mark>[ \-]?)\d{3}\k<mark>\d{4}`),
  leastDigits: 10,
  alone: 0.2,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    const remainder = weightedSum(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    if (isOneDigit(digits) || (11 - remainder) % 11 !== Number(digits[9]) || remainder === 1) return false;
    return value.length > 10 ? 0.55 : 0.2;
  },
  context: contextWords(
    'nhs(?:[ _]?(?:no\\.?|number|num|id))?',
    'national health(?: service)?',
    'nhs_?\\w*',
    'health number',
  ),
});
