import { contextWords } from '../context.ts';
import { isOneDigit, digitsOf } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Social security numbers of the USA: no area 000, 666 or 900 and above, no group 00, no serial 0000. They have no check digit. */
export const usSsns = patternRecognizer({
  type: 'US_SSN',
  pattern: bounded(String.raw`(?!000|666|9)\d{3}(?<mark>[ .\-‐–]?)(?!00)\d{2}\k<mark>(?!0000)\d{4}`),
  leastDigits: 9,
  alone: 0.1,
  inContext: 0.95,
  check(value) {
    const digits = digitsOf(value);
    if (isOneDigit(digits) || digits === '123456789' || digits === '078051120') return 0.05;
    return /[-‐–]/u.test(value) ? 0.8 : /\D/u.test(value) ? 0.6 : 0.1;
  },
  context: contextWords(
    'ssns?',
    'social(?: security)?(?: number| no\\.?)?',
    'soc sec',
    'ss ?#',
    'ssn_?\\w*',
    'social_security\\w*',
    'tax ?(?:no\\.?|number|id)',
    'tin',
    'taxpayer',
  ),
});
