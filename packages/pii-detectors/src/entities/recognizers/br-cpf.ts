import { contextWords } from '../context.ts';
import { digitsOf, isOneDigit, weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** The Brazilian CPF: nine digits and two check digits modulo 11. */
export const brCpfs = patternRecognizer({
  type: 'BR_CPF',
  pattern: bounded(String.raw`\d{3}\.\d{3}\.\d{3}[-–]?\d{2}|\d{3} ?\d{3} ?\d{3}[- ]?\d{2}`),
  leastDigits: 11,
  alone: 0.4,
  inContext: 1,
  check(value) {
    const digits = digitsOf(value);
    const first = checkDigit(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]);
    const second = checkDigit(digits, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    if (isOneDigit(digits) || digits.slice(9) !== `${first}${second}`) return false;
    return value.length > 11 ? 0.9 : 0.5;
  },
  context: contextWords(
    'cpf',
    'c\\.p\\.f\\.?',
    'cadastro de pessoas físicas',
    'contribuinte',
    'receita federal',
    'national_?id',
    'cpf_?\\w*',
  ),
});

/** What a rest by 11 below 2 becomes is 0. */
export function checkDigit(digits: string, weights: readonly number[]): number {
  const rest = weightedSum(digits, weights) % 11;
  return rest < 2 ? 0 : 11 - rest;
}
