import type { Dice } from './dice.ts';

/** Names and values that have broken programs before. */
const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  '\u0000',
  '😀',
];
const texts = [
  '',
  ' ',
  '\u0000',
  '\ufeff',
  '😀',
  '<EMAIL_1>',
  'a@b.example',
  '${x}',
  '\u2028',
  '../..',
  'x'.repeat(3_000),
];
/** JSON has no limit for numbers. */
const numbers = [
  '0',
  '-0',
  '-1',
  '1.5',
  '1e308',
  '1e400',
  '-1e400',
  '9007199254740993',
  '1e-400',
  '0.1e1',
  '123456789012345678901234567890',
];
/** What no parser of JSON takes. */
const broken = [
  'NaN',
  'Infinity',
  "'a'",
  '{a:1}',
  '[1,]',
  '{"a":1,}',
  '01',
  '"\t"',
  '"\\x"',
  '"\\ud8"',
  '/**/1',
  'tru',
  '\u00a01',
];

/** Text of JSON, of any shape. */
export function fuzzedJson(dice: Dice, depth = 4): string {
  const kind = dice.below(depth === 0 ? 4 : 7);
  switch (kind) {
    case 0:
      return dice.pick(['null', 'true', 'false']);
    case 1:
      return dice.pick(numbers);
    case 2:
      return JSON.stringify(dice.pick(texts));
    case 3:
      // A half of a pair of surrogates.
      return dice.chance(0.1) ? String.raw`"\ud83d"` : JSON.stringify(dice.word(dice.below(12)));
    case 4:
      return `[${Array.from({ length: dice.below(5) }, () => fuzzedJson(dice, depth - 1)).join(',')}]`;
    default:
      return `{${Array.from({ length: dice.below(5) }, () => `${JSON.stringify(fuzzedName(dice))}:${fuzzedJson(dice, depth - 1)}`).join(',')}}`;
  }
}

/** Text that may be no JSON at all. */
export function fuzzedText(dice: Dice): string {
  switch (dice.below(4)) {
    case 0:
      return nested(dice);
    case 1:
      return dice.pick(broken);
    default:
      return fuzzedJson(dice);
  }
}

/** The JSON of a body with some of its fields changed, left out or added. */
export function mutated(body: Readonly<Record<string, unknown>>, dice: Dice): string {
  const fields = new Map(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]));
  for (let count = dice.below(4); count > 0; count -= 1) {
    const name = dice.chance(0.7) ? dice.pick([...fields.keys(), 'model']) : fuzzedName(dice);
    if (dice.chance(0.2)) fields.delete(name);
    else fields.set(name, dice.chance(0.2) ? nested(dice) : fuzzedJson(dice, 3));
  }
  const parts = [...fields].map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  // The same name twice is JSON as well.
  if (dice.chance(0.05)) parts.push(parts[0] ?? '"a":1');
  return `{${parts.join(',')}}`;
}

function fuzzedName(dice: Dice): string {
  return dice.chance(0.5) ? dice.pick(names) : dice.word(1 + dice.below(8));
}

/** Far deeper than anything that is meant. */
function nested(dice: Dice): string {
  const depth = dice.pick([50, 1_000, 20_000]);
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}
