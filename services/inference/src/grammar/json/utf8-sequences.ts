import type { CodePointRange } from './ebnf.ts';

/** First and last byte at one place of a sequence. */
export type ByteRange = readonly [first: number, last: number];

/** Last code points of one, two, three and four bytes. */
const lastOfLength = [0x7f, 0x7_ff, 0xff_ff, 0x10_ff_ff];

/** The sequences of bytes that are the code points of a run in UTF-8; no surrogates are in it. */
export function utf8Sequences([first, last]: CodePointRange): readonly (readonly ByteRange[])[] {
  const end = lastOfLength.find((each) => first <= each && each < last);
  if (end !== undefined) return [...utf8Sequences([first, end]), ...utf8Sequences([end + 1, last])];
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = 2 ** bits - 1;
    if (Math.floor(first / (mask + 1)) === Math.floor(last / (mask + 1))) continue;
    if (first % (mask + 1) !== 0) {
      const border = Math.floor(first / (mask + 1)) * (mask + 1) + mask;
      return [...utf8Sequences([first, border]), ...utf8Sequences([border + 1, last])];
    }
    if (last % (mask + 1) !== mask) {
      const border = Math.floor(last / (mask + 1)) * (mask + 1);
      return [...utf8Sequences([first, border - 1]), ...utf8Sequences([border, last])];
    }
  }
  const bytes = [...Buffer.from(String.fromCodePoint(first))];
  const lastBytes = [...Buffer.from(String.fromCodePoint(last))];
  return [bytes.map((byte, index): ByteRange => [byte, lastBytes[index] ?? byte])];
}
