import { contextWords } from '../context.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Values of characters at odd places, the first being one: decree of 23 December 1976, table. */
const odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** The Italian codice fiscale: names, birth and place in 15 characters (letters for digits where two would be alike), and the check letter. */
export const itFiscalCodes = patternRecognizer({
  type: 'IT_FISCAL_CODE',
  pattern: bounded(
    String.raw`[A-Za-z]{6}[0-9LMNP-Vlmnp-v]{2}[ABCDEHLMPRSTabcdehlmprst][0-9LMNP-Vlmnp-v]{2}[A-Za-z][0-9LMNP-Vlmnp-v]{3}[A-Za-z]`,
  ),
  leastDigits: 1,
  leastLength: 16,
  alone: 0.9,
  inContext: 1,
  check(value) {
    const code = value.toUpperCase();
    let sum = 0;
    for (let index = 0; index < 15; index += 1) {
      const character = code[index] as string;
      const number = /\d/u.test(character) ? Number(character) : character.charCodeAt(0) - 65;
      sum += index % 2 === 0 ? (odd[number] as number) : number;
    }
    return /\d/u.test(code) && String.fromCharCode(65 + (sum % 26)) === code[15];
  },
  context: contextWords('codice fiscale', 'c\\.?f\\.?', 'fiscal code', 'tax code', 'cod\\.? fisc\\.?'),
});
