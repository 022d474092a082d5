import { contextWords } from '../context.ts';
import { patternRecognizer, type Recognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

const letters = 'TRWAGMYFPDXBNJZSQVHLCKE';
const context = contextWords(
  'nif',
  'nie',
  'dni',
  'd\\.n\\.i\\.?',
  'n\\.i\\.f\\.?',
  'n\\.i\\.e\\.?',
  'documento(?: nacional)?(?: de identidad)?',
  'identificación fiscal',
  'spanish (?:tax|national) id',
  'nie/nif',
  'cédula',
);

/** The Spanish NIF: up to eight digits and the letter of the rest by 23. */
export const esNifs: Recognizer = patternRecognizer({
  type: 'ES_NIF',
  pattern: bounded(String.raw`\d{1,2}\.\d{3}\.\d{3}[ \-]?[A-Za-z]|\d{7,8}[ \-]?[A-Za-z]`),
  leastDigits: 7,
  alone: 0.7,
  inContext: 1,
  check(value) {
    const digits = value.replace(/\D/gu, '');
    return (
      letters[Number(digits) % 23] === value.at(-1)?.toUpperCase() &&
      (value.at(-1) === value.at(-1)?.toUpperCase() || 0.4)
    );
  },
  context,
});

/** The Spanish NIE: X, Y or Z for 0, 1 or 2, seven digits, and the letter of the rest by 23. */
export const esNies: Recognizer = patternRecognizer({
  type: 'ES_NIE',
  pattern: bounded(String.raw`[XYZxyz][ \-]?\d{7}[ \-]?[A-Za-z]`),
  leastDigits: 7,
  alone: 0.75,
  inContext: 1,
  check(value) {
    const first = 'XYZ'.indexOf(value[0]?.toUpperCase() ?? '');
    return letters[Number(`${first}${value.replace(/\D/gu, '')}`) % 23] === value.at(-1)?.toUpperCase();
  },
  context,
});
