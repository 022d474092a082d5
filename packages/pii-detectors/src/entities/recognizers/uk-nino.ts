import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** National insurance numbers: two letters out of those that are given out, six digits, A to D. */
export const ukNinos = patternRecognizer({
  type: 'UK_NINO',
  pattern: new RegExp(
    bounded(
      String.raw`(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ \-]?\d{2}[ \-]?\d{2}[ \-]?\d{2}[ \-]?[A-D]`,
    ).source,
    'giu',
  ),
  leastDigits: 6,
  alone: 0.65,
  inContext: 1,
  check: (value) => (/[a-z]/u.test(value) ? 0.45 : true),
  context: contextWords(
    'nino',
    'ni(?: number| no\\.?)?',
    'national insurance',
    'nat\\.? ins\\.?',
    'ni_?number',
    'insurance (?:no\\.?|number)',
  ),
});
