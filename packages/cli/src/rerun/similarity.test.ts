import { expect, it } from 'vitest';
import { similarityOf } from './similarity.ts';

it.each([
  ['', '', 1],
  ['the mill', 'the mill', 1],
  ['', 'mill', 0],
  ['abcd', 'efgh', 0],
  ['kitten', 'sitting', 1 - 3 / 7],
  ['sitting', 'kitten', 1 - 3 / 7],
  ['a👍b', 'a👎b', 1 - 1 / 3],
])('%j and %j are %d alike', (one, other, expected) => {
  expect(similarityOf(one, other)).toBeCloseTo(expected, 10);
});

it('compares long texts by words', () => {
  const text = 'the mill grinds on '.repeat(500);
  expect(similarityOf(text, `${text}and on`)).toBeGreaterThan(0.99);
  expect(similarityOf(text, 'something else entirely '.repeat(400))).toBeLessThan(0.6);
});
