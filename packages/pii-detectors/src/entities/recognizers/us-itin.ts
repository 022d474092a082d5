import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Individual taxpayer numbers of the USA: 9xx, a group of 50–65, 70–88, 90–92 or 94–99. They have no check digit. */
export const usItins = patternRecognizer({
  type: 'US_ITIN',
  pattern: bounded(String.raw`9\d{2}(?<mark>[ \-]?)(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\k<mark>\d{4}`),
  leastDigits: 9,
  alone: 0.1,
  inContext: 0.95,
  check: (value) => (/[-]/u.test(value) ? 0.6 : /\D/u.test(value) ? 0.35 : 0.1),
  context: contextWords(
    'itin',
    'individual taxpayer',
    'tax ?id(?:entification)?',
    'taxpayer',
    'tin',
    'tax (?:no\\.?|number)',
  ),
});
