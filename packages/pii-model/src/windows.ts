import { wordsIn, type Word } from './words.ts';
import type { WordTokenizer } from './word-tokenizer.ts';

/** A word and its tokens, at least one. */
export interface TokenizedWord extends Word {
  readonly ids: readonly number[];
}

/** As much of a text as a model looks at in one go. */
export interface Window {
  readonly words: readonly TokenizedWord[];
  /** Tokens of all its words. */
  readonly tokens: number;
  /** What begins in this window from here on counts, in UTF-16 code units … */
  readonly from: number;
  /** … up to here; what begins there is found by the next one. */
  readonly to: number;
}

export interface WindowLimits {
  readonly mostWords: number;
  readonly mostTokens: number;
}

/** Words that two windows share: half of them are context to either. */
const sharedWords = 48;

/** The windows of a text, in order: each begins at least half a window behind the one before. */
export function* windowsOf(
  text: string,
  tokenizer: Pick<WordTokenizer, 'idsOf'>,
  { mostWords, mostTokens }: WindowLimits,
): Generator<Window> {
  let words: TokenizedWord[] = [];
  let tokens = 0;
  let from = 0;
  for (const { start, end } of wordsIn(text)) {
    const word = { start, end, ids: tokenizer.idsOf(text.slice(start, end)) };
    if (words.length >= mostWords || tokens + word.ids.length > mostTokens) {
      const shared = lastOf(words, Math.min(sharedWords, mostWords / 4), mostTokens / 4);
      const to = (shared[Math.floor(shared.length / 2)] ?? word).start;
      yield { words, tokens, from, to };
      [words, tokens, from] = [shared, tokensOf(shared), to];
    }
    words.push(word);
    tokens += word.ids.length;
  }
  if (words.length > 0) yield { words, tokens, from, to: text.length };
}

function lastOf(words: readonly TokenizedWord[], mostWords: number, mostTokens: number): TokenizedWord[] {
  let first = words.length;
  let tokens = 0;
  while (first > 0 && words.length - first < Math.floor(mostWords)) {
    tokens += (words[first - 1] as TokenizedWord).ids.length;
    if (tokens > mostTokens) break;
    first -= 1;
  }
  return words.slice(first);
}

const tokensOf = (words: readonly TokenizedWord[]): number =>
  words.reduce((sum, { ids }) => sum + ids.length, 0);
