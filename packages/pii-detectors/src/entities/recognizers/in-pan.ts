import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Indian permanent account numbers: five letters, of which the fourth says whose it is (P is a person), four digits, a letter. */
export const inPans = patternRecognizer({
  type: 'IN_PAN',
  pattern: bounded(String.raw`[A-Za-z]{3}[ABCFGHJLPTabcfghjlpt][A-Za-z]\d{4}[A-Za-z]`),
  leastDigits: 4,
  alone: 0.5,
  inContext: 0.95,
  check: (value) =>
    /^[A-Z]{3}P[A-Z]\d{4}[A-Z]$/u.test(value) ? 0.65 : value === value.toUpperCase() ? 0.45 : 0.3,
  context: contextWords(
    'pan',
    'permanent account',
    'income tax',
    'pan_?(?:no|number|card)',
    'national_?id',
    'tax',
  ),
});
