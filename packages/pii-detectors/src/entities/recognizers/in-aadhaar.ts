import { contextWords } from '../context.ts';
import { passesVerhoeff } from '../checksums/verhoeff.ts';
import { digitsOf, isOneDigit } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Aadhaar numbers: twelve digits, none in front below 2, Verhoeff's check digit. */
export const inAadhaars = patternRecognizer({
  type: 'IN_AADHAAR',
  pattern: bounded(String.raw`[2-9]\d{3}(?<mark>[ \-]?)\d{4}\k<mark>\d{4}`),
  leastDigits: 12,
  alone: 0.3,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    if (isOneDigit(digits) || !passesVerhoeff(digits)) return false;
    return value.length > 12 ? 0.75 : 0.3;
  },
  context: contextWords(
    'aadhaar',
    'aadhar',
    'adhaar',
    'uidai',
    'uid',
    'national_?id',
    'आधार',
    'aadhaar_?\\w*',
  ),
});
