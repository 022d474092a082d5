import { byteOf, characterBut, choice, sequence, type CodePointRange } from './ebnf.ts';
import { utf8Sequences } from './utf8-sequences.ts';

/** Code points, as runs in rising order that do not touch. */
export type CharacterSet = readonly CodePointRange[];

const lastCodePoint = 0x10_ff_ff;

export function union(ranges: readonly CodePointRange[]): CharacterSet {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export function complement(set: CharacterSet): CharacterSet {
  const gaps: CodePointRange[] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= lastCodePoint) gaps.push([next, lastCodePoint]);
  return gaps;
}

export function intersection(a: CharacterSet, b: CharacterSet): CharacterSet {
  return complement(union([...complement(a), ...complement(b)]));
}

export function contains(set: CharacterSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

const ascii: CharacterSet = [[0, 0x7f]];
const surrogates: CharacterSet = [[0xd8_00, 0xdf_ff]];
const beyondAscii = complement(union([...ascii, ...surrogates]));

/** One character of a set that is not empty and has no surrogates. */
export function characterOf(set: CharacterSet): string {
  const inAscii = intersection(set, ascii);
  const others = intersection(set, beyondAscii);
  if (JSON.stringify(others) === JSON.stringify(beyondAscii))
    return characterBut(intersection(complement(inAscii), ascii));
  const sequences = others.flatMap((range) => utf8Sequences(range));
  const alternatives = sequences.map((bytes) => sequence(...bytes.map((range) => byteOf([range]))));
  return choice([...(inAscii.length === 0 ? [] : [byteOf(inAscii)]), ...alternatives]);
}

/** What the escapes of a regular expression stand for (ECMA-262, with the flag u). */
export const escapeSets: Readonly<Record<'any' | 'digit' | 'space' | 'word', CharacterSet>> = {
  any: complement([
    [0x0a, 0x0a],
    [0x0d, 0x0d],
    [0x20_28, 0x20_29],
  ]),
  digit: [[0x30, 0x39]],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x16_80, 0x16_80],
    [0x20_00, 0x20_0a],
    [0x20_28, 0x20_29],
    [0x20_2f, 0x20_2f],
    [0x20_5f, 0x20_5f],
    [0x30_00, 0x30_00],
    [0xfe_ff, 0xfe_ff],
  ],
  word: [
    [0x30, 0x39],
    [0x41, 0x5a],
    [0x5f, 0x5f],
    [0x61, 0x7a],
  ],
};
