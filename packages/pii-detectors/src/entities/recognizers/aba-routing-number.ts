import { contextWords } from '../context.ts';
import { weightedSum } from '../checksums/weighted-sum.ts';
import { patternRecognizer } from '../recognizer.ts';
import { bounded } from './boundaries.ts';

/** Routing numbers of banks in the USA: the district in front, weights 3, 7, 1 modulo 10; only beside a word. */
export const abaRoutingNumbers = patternRecognizer({
  type: 'ABA_ROUTING_NUMBER',
  pattern: bounded(String.raw`\d{4}-?\d{4}-?\d`),
  leastDigits: 9,
  alone: 0.1,
  inContext: 0.95,
  check(value) {
    const digits = value.replaceAll('-', '');
    return (
      /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/u.test(digits) &&
      digits !== '000000000' &&
      weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0
    );
  },
  context: contextWords('routing', 'routing_?\\w*', 'aba', 'rtn', 'transit', 'ach', 'wire'),
});
