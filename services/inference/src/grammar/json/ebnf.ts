/** Expressions of the grammar notation of xgrammar (EBNF after the W3C's). */

export const nothing = '""';

/** The text itself. */
export function literal(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return /[ -~]/u.test(character) ? character : escapeOf(character.codePointAt(0) ?? 0);
  });
  return `"${escaped.join('')}"`;
}

export function sequence(...parts: readonly string[]): string {
  const filled = parts.filter((part) => part !== nothing);
  return filled.length === 0 ? nothing : filled.join(' ');
}

/** One of them: no two begin alike, see `GrammarRules.oneOf`. */
export function choice(alternatives: readonly string[]): string {
  const [only] = alternatives;
  return alternatives.length === 1 && only !== undefined ? only : `(${alternatives.join(' | ')})`;
}

export function optional(part: string): string {
  return part === nothing ? nothing : `(${part} | ${nothing})`;
}

/** @param max undefined for no limit */
export function repeat(part: string, min: number, max: number | undefined): string {
  if (max === 0 || part === nothing) return nothing;
  if (min === 1 && max === 1) return part;
  if (min === 0 && max === 1) return optional(part);
  const group = /^\[[^\]]*\]$/u.test(part) ? part : `(${part})`;
  if (max === undefined && min <= 1) return `${group}${min === 0 ? '*' : '+'}`;
  return min === max ? `${group}{${min}}` : `${group}{${min},${max ?? ''}}`;
}

/** First and last code point of a run of characters. */
export type CodePointRange = readonly [first: number, last: number];

/** A byte that no token has; nor has any the one before it. */
export const noByte = 0xff;

/**
 * One byte of these. A class of what is wanted is of bytes, while one of what is not wanted is of characters; a class with a single
 * member is read as that character, so one beyond ASCII gets a second that no token has.
 */
export function byteOf(ranges: readonly CodePointRange[]): string {
  const [[first, last] = [0, 0]] = ranges;
  const isCharacter = ranges.length === 1 && first === last && first > 0x7f;
  return `[${classOf(isCharacter ? [...ranges, [noByte, noByte]] : ranges)}]`;
}

/** One character, of any number of bytes, that is none of these in ASCII. */
export function characterBut(ranges: readonly CodePointRange[]): string {
  return `[^${classOf(ranges)}]`;
}

function classOf(ranges: readonly CodePointRange[]): string {
  return ranges
    .map(([first, last]) => (first === last ? byteText(first) : `${byteText(first)}-${byteText(last)}`))
    .join('');
}

function byteText(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function escapeOf(codePoint: number): string {
  return `\\U${codePoint.toString(16).padStart(8, '0')}`;
}
