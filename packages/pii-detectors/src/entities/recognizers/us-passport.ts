import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Passport numbers: nine digits, or a letter and eight (USA), or two letters and seven digits; only beside the word. */
export const usPassports = patternRecognizer({
  type: 'US_PASSPORT',
  pattern: bounded(String.raw`\d{9}|[A-Z]\d{8}|[a-z]\d{8}|[A-Z]{2}\d{7}`),
  leastDigits: 7,
  alone: 0.1,
  inContext: 0.9,
  context: contextWords(
    'passports?',
    'passport_?\\w*',
    'travel document',
    'reisepass',
    'pasaporte',
    'passeport',
    'passaporto',
    'passaporte',
  ),
});
