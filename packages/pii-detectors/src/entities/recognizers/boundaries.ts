/**
 * Where a number may begin and end: not within a word, a longer number, a decimal, a path or an encoded value. Sources of regular
 * expressions with the flags `gu`.
 */
export const begins = String.raw`(?<![\p{L}\p{N}_/+\\]|[\p{L}\p{N}][.\-‐]|\d:)`;
export const ends = String.raw`(?![\p{L}\p{N}_/\\]|[.,\-‐:][\p{L}\p{N}]|[+=]{1,2}["'])`;

/** A pattern between those borders. */
export function bounded(source: string): RegExp {
  return new RegExp(`${begins}(?:${source})${ends}`, 'gu');
}
