import { contextWords } from '../context.ts';
import { digitsOf, isOneDigit } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';
import { checkDigit } from './br-cpf.ts';

/** The Brazilian CNPJ: eight digits, four for the branch, two check digits modulo 11. */
export const brCnpjs = patternRecognizer({
  type: 'BR_CNPJ',
  pattern: bounded(String.raw`\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}|\d{14}`),
  leastDigits: 14,
  alone: 0.4,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    const first = checkDigit(digits, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
    const second = checkDigit(digits, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
    if (isOneDigit(digits) || digits.slice(12) !== `${first}${second}`) return false;
    return value.length > 14 ? 0.95 : 0.5;
  },
  context: contextWords('cnpj', 'cadastro nacional', 'empresa', 'pessoa jurídica'),
});
