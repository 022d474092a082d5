import { matchesOf } from '../matches-of.ts';
const beginning = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/gu;
const ending = /-----END (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/gu;
const longest = 20_000;

/** Private keys in PEM: whole blocks; of one whose end is missing, all that could be part of it. */
export function* privateKeys(text: string): Generator<{ readonly start: number; readonly end: number }> {
  let position = 0;
  for (const { index, 0: head } of matchesOf(text, beginning)) {
    if (index < position) continue;
    const from = index + head.length;
    ending.lastIndex = from;
    const rest = /[^A-Za-z0-9+/=\s:,.\\-]/gu;
    rest.lastIndex = from;
    const limit = Math.min(text.length, from + longest, rest.exec(text)?.index ?? text.length);
    const end = ending.exec(text.slice(0, limit));
    position = end === null ? from + text.slice(from, limit).trimEnd().length : end.index + end[0].length;
    yield { start: index, end: position };
  }
}
