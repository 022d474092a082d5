/**
 * Where a number may begin and end: not within a word, a longer number, a decimal, a path or an encoded value. Behind a comma may
 * stand the next cell of a row, behind a full stop the next sentence. Sources of regular expressions with the flags `gu`.
 */
export const begins = String.raw`(?<![\p{L}\p{N}_/+\\]|[\p{L}\p{N}][.\-‐]|\d:)`;
export const ends = String.raw`(?![\p{L}\p{N}_/\\]|\.(?!\p{Lu}\p{Ll})[\p{L}\p{N}]|[\-‐:][\p{L}\p{N}]|[+=]{1,2}["'])`;

/** A pattern between those borders. */
export function bounded(source: string): RegExp {
  return new RegExp(`${begins}(?:${source})${ends}`, 'gu');
}
