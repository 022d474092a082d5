import { contextWords } from '../context.ts';
import { isOneDigit } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Numbers of bank accounts in the USA, 6 to 17 digits without a check: only beside words that say so. */
export const usBankNumbers = patternRecognizer({
  type: 'US_BANK_NUMBER',
  pattern: bounded(String.raw`\d{6,17}|\d{3,5}[ -]\d{3,6}[ -]\d{2,6}`),
  leastDigits: 6,
  alone: 0.05,
  inContext: 0.85,
  check: (value) => !isOneDigit(value),
  context: contextWords(
    'accounts?(?: number| no\\.?| num| #)?',
    'acct\\.?',
    'a/c',
    'account_?(?:no|num|number)',
    'bank_?account\\w*',
    'checking',
    'savings',
    'direct deposit',
    'routing',
    'deposit(?:s|ed)? (?:in)?to',
    'paid into',
    'pays? .{0,24} into',
    'payout',
    'wire',
    'konto(?:nummer|nr\\.?)?',
    'compte',
    'cuenta',
    'conto',
    'conta',
  ),
});
