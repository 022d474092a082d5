import { contextWords } from '../context.ts';
import { digitsOf, weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Australian business numbers: eleven digits, one less in front, weights modulo 89. */
export const auAbns = patternRecognizer({
  type: 'AU_ABN',
  pattern: bounded(String.raw`[1-9]\d(?<mark> ?)\d{3}\k<mark>\d{3}\k<mark>\d{3}`),
  leastDigits: 11,
  alone: 0.2,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    const reduced = `${Number(digits[0]) - 1}${digits.slice(1)}`;
    if (weightedSum(reduced, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 !== 0) return false;
    return value.length > 11 ? 0.6 : 0.25;
  },
  context: contextWords('abn', 'a\\.b\\.n\\.?', 'australian business(?: number)?', 'abn_?\\w*'),
});
