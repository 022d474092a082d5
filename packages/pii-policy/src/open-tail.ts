import { replacePlaceholders } from './placeholder.ts';
import { startOfOpenSentence } from './open-sentence.ts';

/** Longest run of words that may be one value, with what stands behind it. */
const longestRun = 128;
/** So much behind a value may say what it is: as detectors look at it. */
const longestBehind = 28;
/** Fewer figures are a year, a count or a price, whatever stands behind them. */
const leastFigures = 5;

const keyBegins = '-----BEGIN';
const keyEnds = /-----END [A-Z0-9 ]{1,64}-----/;
/** No value goes across these: blanks, quotes, and the punctuation of scripts without blanks. */
const border = /[\s"。，、！？；：「」『』（）]/;
const month =
  /^(?:jan|f[eé][bv]|m[aä]r|a[pbv]r|avr|ma[iygj]|mayo|gen|ene|jän|ju[ilnü]|giu|lug|a[ugo][gouû]|aoû|set|sep|o[ck]t|out|ott|nov|d[eéi][czc])\p{L}*[.,]?$/iu;
/** Between the figures of dates and numbers. */
const joining = /^(?:de|do|del|of|x|ext\.?|extension|#)$/i;
/** Letters that numbers of some countries begin with, or have among their figures. */
const lead = /^[(+]?[A-Z]{1,4}[-.:]?$/;
/** An IBAN so far, whose groups may be letters that look like words. */
const accountNumber = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0.-]?[A-Za-z0-9]){0,30}[ \u00a0.-]?$/;
const longestAccountNumber = 44;

/**
 * Where the end of a text begins that may be part of something which is not all there yet: the last word, since an address may follow
 * it; figures, with what joins them, and what stands behind so many that they may be somebody's; a private key until its end. What
 * stands before it is settled.
 *
 * @param bySentence whether what is looked for is told by its sentence: then all of the last one is open
 */
export function openTailOf(text: string, bySentence = false): number {
  const key = text.lastIndexOf(keyBegins);
  if (key >= 0 && !keyEnds.test(text.slice(key))) return key;
  const account = accountNumber.exec(text.slice(-longestAccountNumber));
  const accountStart =
    account === null ? text.length : Math.max(0, text.length - longestAccountNumber) + account.index;
  const tail = Math.min(accountStart, tailOfRun(text));
  return bySentence ? Math.min(tail, startOfOpenSentence(text)) : tail;
}

function tailOfRun(text: string): number {
  const lineStart = text.lastIndexOf('\n') + 1;
  const furthest = Math.max(lineStart, text.length - longestRun);
  let at = startOfWord(text, text.length, lineStart);
  let start = at;
  let figures = figuresIn(text.slice(Math.max(at, furthest)));
  /** Whether nothing stands between here and the end that parts two pieces of a value. */
  let isJoined = true;
  /** Whether a lead would stand right before figures, or the end. */
  let isBeforeFigures = figures > 0 || at === text.length;
  while (at > furthest) {
    const end = at - 1;
    at = startOfWord(text, end, furthest);
    const word = text.slice(at, end);
    // What is punctuation alone parts nothing.
    if (!/[\p{L}\p{N}]/u.test(word)) continue;
    const count = figuresIn(word);
    const isLead = lead.test(word) || month.test(word);
    if (count > 0) {
      if (!isJoined && figures === 0 && !isOpenBehind(text, end)) break;
      figures += count;
      if (isJoined || figures >= leastFigures) start = at;
    } else if (isLead && isBeforeFigures) {
      if (isJoined || figures >= leastFigures) start = at;
    } else if (!isLead && !joining.test(word)) {
      if (text.length - end > longestBehind || figures >= leastFigures) break;
      isJoined = false;
      figures = 0;
    }
    isBeforeFigures = count > 0;
  }
  return start;
}

/** Whether what comes may still say what a value is that ends here, or before. */
function isOpenBehind(text: string, end: number): boolean {
  const behind = text.slice(end - (/[^\p{L}\p{N}]*$/u.exec(text.slice(end - 8, end))?.[0].length ?? 0));
  return behind.length < longestBehind && !/[,;|\n]|[.!?]\s/.test(behind);
}

/** Those of placeholders are none; what has letters or signs among them is a figure more, as a year has none. */
function figuresIn(word: string): number {
  if (!/\d/.test(word)) return 0;
  const own = replacePlaceholders(word, () => '');
  const count = own.match(/\d/g)?.length ?? 0;
  return count > 0 && /\p{L}|\d[-/.:]\d/u.test(own) ? count + 1 : count;
}

function startOfWord(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && !isBorder(text, start - 1)) start -= 1;
  return start;
}

function isBorder(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  // A word may be thousands of characters long, and is looked at for each piece that comes.
  const isPlain = code > 0x22 && code < 0x7f;
  return !isPlain && border.test(text[at] as string);
}
