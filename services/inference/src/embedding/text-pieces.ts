/** After these, whatever comes next is split the same with or without what was before. */
const dividers = /[\t\n\r !-/:-@\\-`{-~\u4E00-\u9FFF]/u;

/**
 * Cuts a text into pieces of at most `longest` UTF-16 units whose WordPiece tokens, one after the other, are those of
 * the whole text; so that of a long text no more is split than is used.
 *
 * BERT splits at whitespace, around punctuation and around Chinese characters. `[` is left out: a special token can
 * begin with it. A run longer than a piece that nothing divides is a single unknown word, however it goes on.
 */
export function* textPieces(text: string, longest: number): Generator<string> {
  let start = 0;
  while (text.length - start > longest) {
    const cut = lastDividerBefore(text, start, start + longest);
    if (cut > start) {
      yield text.slice(start, cut);
      start = cut;
      continue;
    }
    yield text.slice(start, start + longest);
    const next = text.slice(start + longest).search(dividers);
    if (next < 0) return;
    start += longest + next;
  }
  yield text.slice(start);
}

/** The place just after the last divider in `[start, end)`, else `start`. */
function lastDividerBefore(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && !dividers.test(text.charAt(at - 1))) at -= 1;
  return at;
}
