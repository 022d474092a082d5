import { matchesOf } from './matches-of.ts';
import type { Scan } from './scan.ts';

/** Words that say what the number beside them is. */
export type ContextWords = RegExp;

/** @param words alternatives of a regular expression; letters before or behind them make them other words */
export function contextWords(...words: readonly string[]): ContextWords {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}])`, 'giu');
}

const farthestBefore = 72;
const farthestBehind = 28;
/** What a comma, or the like, between word and number takes off the score, at most so often. */
const perBreak = 0.06;
const mostBreaks = 3;

/**
 * How far the nearest context word is, as what it takes off the score: 0 for the one directly before, or for the label of the field
 * that the value stands in. Undefined where there is none.
 */
export function contextDistance(
  scan: Scan,
  start: number,
  end: number,
  words: ContextWords,
): number | undefined {
  const label = scan.labelAt(start);
  if (label !== undefined && has(label, words)) return 0;
  const before = scan.before(start, farthestBefore);
  const last = lastMatchEnd(before, words);
  if (last !== undefined) return perBreak * Math.min(mostBreaks, breaksIn(before.slice(last)));
  const behind = scan.behind(end, farthestBehind).split(/[,;|\n]|[.!?]\s/u)[0] ?? '';
  return has(behind, words) ? perBreak * 2 : undefined;
}

function lastMatchEnd(text: string, words: ContextWords): number | undefined {
  let end: number | undefined;
  for (const match of matchesOf(text, words)) end = match.index + match[0].length;
  return end;
}

const breaksIn = (text: string): number => text.match(/[,;|\n]|[.!?]\s|\d{3}/gu)?.length ?? 0;

function has(text: string, words: ContextWords): boolean {
  words.lastIndex = 0;
  return words.test(text);
}
