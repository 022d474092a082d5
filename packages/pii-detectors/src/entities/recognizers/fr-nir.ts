import { contextWords } from '../context.ts';
import { mod97 } from '../checksums/mod97.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** The French social security number: sex, year, month, place (2A and 2B for Corsica), order, and 97 minus the rest by 97. */
export const frNirs = patternRecognizer({
  type: 'FR_NIR',
  pattern: bounded(
    String.raw`[1-478][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[ABab])[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}`,
  ),
  leastDigits: 14,
  alone: 0.8,
  inContext: 1,
  check(value) {
    const digits = value.replace(/[ .]/gu, '').replace(/2A/iu, '19').replace(/2B/iu, '18');
    if (97 - mod97(digits.slice(0, 13)) !== Number(digits.slice(13))) return false;
    return value.length > 15 ? 0.9 : 0.6;
  },
  context: contextWords(
    'nir',
    'sécurité sociale',
    'securite sociale',
    'sécu',
    'insee',
    'carte vitale',
    'social security',
    'numéro de sécu\\w*',
    'n° ?ss',
    'ssn',
    'social_security\\w*',
  ),
});
