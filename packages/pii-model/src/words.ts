/** A word, or a sign by itself; offsets in UTF-16 code units. */
export interface Word {
  readonly start: number;
  readonly end: number;
}

/** As GLiNER splits texts (`\w+(?:[-_]\w+)*|\S`, where Python's `\w` is letters and numbers of any script). */
const pattern = /[\p{L}\p{N}_]+(?:[-_][\p{L}\p{N}_]+)*|\S/gu;

export function* wordsIn(text: string): Generator<Word> {
  for (const { 0: word, index } of text.matchAll(pattern)) yield { start: index, end: index + word.length };
}

const name = /\p{L}{2}/u;

/** A cheap look: whether there can be a name in it. */
export function mayHoldNames(text: string): boolean {
  return name.test(text);
}
