import { contextWords } from '../context.ts';
import { digitsOf } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** The German tax id: eleven digits, one of the first ten twice or three times, ISO/IEC 7064 mod 11,10. */
export const deTaxIds = patternRecognizer({
  type: 'DE_TAX_ID',
  pattern: bounded(String.raw`[1-9]\d(?<mark>[ /]?)\d{3}\k<mark>\d{3}\k<mark>\d{3}`),
  leastDigits: 11,
  alone: 0.3,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    const counts = [...Map.groupBy(digits.slice(0, 10), (digit) => digit).values()].map(
      ({ length }) => length,
    );
    const repeated = counts.filter((count) => count > 1);
    if (repeated.length !== 1 || (repeated[0] ?? 0) > 3 || !passesMod11Of10(digits)) return false;
    return value.length > 11 ? 0.75 : 0.35;
  },
  context: contextWords(
    'steuer[-_ ]?id(?:entifikationsnummer|-?nr\\.?|nummer)?',
    'steuerliche identifikationsnummer',
    'steuernummer',
    'steuer-?nr\\.?',
    'idnr\\.?',
    'tin',
    'tax[ _-]?(?:id|number|no\\.?)',
    'taxpayer',
    'german tax',
    'identifikationsnummer',
  ),
});

function passesMod11Of10(digits: string): boolean {
  let product = 10;
  for (const digit of digits.slice(0, -1)) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === Number(digits.at(-1));
}
