import { replacePlaceholders } from './placeholder.ts';

/** Longest run of words that may be one value, and longest word; a value that is longer is cut there. */
const longestRun = 96;
const longestWord = 4_096;
const longestSentence = 400;
const gapWords = 2;

/**
 * Where the end of a text begins that may be part of something which is not all there yet: the last word, since an address may follow
 * it; figures, with few words between them, since more may follow; a private key until its end. What stands before it is settled.
 *
 * @param bySentence whether what is looked for is told by its sentence: then all of the last one is open
 */
export function openTailOf(text: string, bySentence = false): number {
  const key = text.lastIndexOf('-----BEGIN');
  if (key >= 0 && !text.includes('-----END', key) && text.length - key <= longestWord) return key;
  const tail = tailOfRun(text);
  return bySentence ? Math.min(tail, tailOfSentence(text)) : tail;
}

function tailOfSentence(text: string): number {
  const from = Math.max(0, text.length - longestSentence);
  for (let at = text.length - 1; at > from; at -= 1)
    if (text[at] === '\n' || (/\s/.test(text[at] as string) && /[.!?]/.test(text[at - 1] as string)))
      return at + 1;
  return from;
}

function tailOfRun(text: string): number {
  const lineStart = text.lastIndexOf('\n') + 1;
  let at = startOfWord(text, text.length, lineStart);
  let start = at;
  let gap = hasFigure(text.slice(at)) ? 0 : 1;
  const furthest = Math.max(lineStart, text.length - longestRun);
  while (at > furthest) {
    const end = at - 1;
    at = startOfWord(text, end, furthest);
    const word = text.slice(at, end);
    if (hasFigure(word) || isLead(word, gap)) {
      start = at;
      gap = 0;
    } else if (word !== '') {
      if (gap >= gapWords) break;
      gap += 1;
    }
  }
  return Math.max(start, text.length - longestWord);
}

/** Those of placeholders are none. */
function hasFigure(word: string): boolean {
  return /\d/.test(word) && /\d/.test(replacePlaceholders(word, () => ''));
}

/** Letters that numbers of some countries begin with, right before the end or a figure. */
function isLead(word: string, gap: number): boolean {
  return gap <= 1 && /^[(+]?[A-Z]{1,4}[-.:]?$/.test(word);
}

function startOfWord(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && !/\s/.test(text[start - 1] as string)) start -= 1;
  return start;
}
