import { expect, it } from 'vitest';
import { shapesOf } from './value-place.ts';

const card = '4111111111111111';

it.each([
  ['pieces of code', '`4111111111111111` '],
  ['strings in one line of code', `"${card}" `],
  ['fences', '```\nx = 4111111111111111;\n```\n'],
])('tells the places of many values in %s in little time', (_what, unit) => {
  const text = `\`${unit.repeat(20_000)}\``;
  const started = process.threadCpuUsage();
  const shapeAt = shapesOf(text);
  for (let at = text.indexOf(card); at >= 0; at = text.indexOf(card, at + 1)) shapeAt(at, at + card.length);
  const { user } = process.threadCpuUsage(started);
  expect(user / 1_000).toBeLessThan(1_500);
});
