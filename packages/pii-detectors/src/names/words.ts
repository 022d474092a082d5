import { organizationSuffix } from './place-shapes.ts';
import type { Vocabulary, WordKind } from './vocabulary.ts';

/** A word of a text. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly lower: string;
  readonly kind: WordKind;
  /** Whether it begins with a capital letter. */
  readonly isCapital: boolean;
  /** A capital letter alone, with or without a full stop. */
  readonly isInitial: boolean;
  /** Capitals alone, two or more: an acronym, or a name that is shouted. */
  readonly isShouted: boolean;
  /** Capitals within, as names of types in code have them. */
  readonly isCamel: boolean;
  /** What stands between the word before and this one. */
  readonly gap: string;
}

const word = /\p{L}[\p{L}\p{M}]*(?:['’\-‐]\p{L}[\p{L}\p{M}]*)*/gu;
/** Longer ones are no words, and are not looked up. */
const longestWord = 40;

/** The words of a text; what is joined to digits or underscores, or stands in an address or a path, is none. */
export function wordsOf(text: string, vocabulary: Vocabulary): readonly Word[] {
  const words: Word[] = [];
  let position = 0;
  for (const match of text.matchAll(word)) {
    // Behind a backslash stands the letter of an escape: \\nAda.
    const escaped = text[match.index - 1] === '\\' && /^[nrt]./u.test(match[0]) ? 1 : 0;
    const index = match.index + escaped;
    const found = match[0].slice(escaped);
    const end = index + found.length;
    if (
      found.length > longestWord ||
      (escaped === 0 && /[\p{N}_@#/\\]/u.test(text[index - 1] ?? '')) ||
      /[\p{N}_@]/u.test(text[end] ?? '')
    )
      continue;
    if (text[index - 1] === '.' && /[\p{L}\p{N}]/u.test(text[index - 2] ?? '') && index - 2 >= position)
      continue;
    const plain = found.replace(/['’](?:s|m|ve|ll|d|re)$/u, '');
    const lower = plain.toLowerCase();
    words.push({
      start: index,
      end: index + plain.length,
      text: plain,
      lower,
      kind: vocabulary.kindOf(lower),
      isCapital: /^\p{Lu}/u.test(plain),
      isInitial: /^\p{Lu}$/u.test(plain),
      isShouted: plain.length > 1 && plain === plain.toUpperCase(),
      isCamel:
        !organizationSuffix.test(plain) &&
        /\p{Ll}\p{Lu}/u.test(plain) &&
        !/^(?:Mc|Mac|De|Di|Van|La|Le|Fitz|D|O)\p{Lu}/u.test(plain) &&
        !/[-'’]/u.test(plain),
      gap: text.slice(Math.max(position, index - 24), index),
    });
    position = index + plain.length;
  }
  return words;
}
