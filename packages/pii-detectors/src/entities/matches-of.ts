/**
 * All matches, one behind the other, as `matchAll` has them; without the copy of the expression that it makes each time, which takes
 * longer than to look through a short text.
 *
 * @param pattern global; none of its matches is empty
 */
export function* matchesOf(text: string, pattern: RegExp): Generator<RegExpExecArray> {
  for (let from = 0; ;) {
    // Others may have used it meanwhile.
    pattern.lastIndex = from;
    const match = pattern.exec(text);
    if (match === null) return;
    from = match.index + match[0].length;
    yield match;
  }
}
