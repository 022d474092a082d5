import { MillraceError } from './millrace-error.ts';

/** Nobody writes deeper ones, and much that walks along a value is recursive. */
const maxDepth = 128;

const quote = 0x22;
const backslash = 0x5c;
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Looks at a JSON text before it is parsed. What is no JSON may pass.
 *
 * @param name what it is called in the message
 * @throws MillraceError invalid_value where lists and objects stand within each other more than 128 times
 */
export function requireShallowJson(text: string, name: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (closing.has(code)) depth -= 1;
    else if (opening.has(code)) depth += 1;
    if (depth > maxDepth)
      throw new MillraceError(
        'invalid_value',
        `${name} is nested too deeply: it may have ${maxDepth} levels`,
      );
  }
}

/** Where the string that begins here ends. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, start, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, start: number, at: number): boolean {
  let backslashes = 0;
  while (at - 1 - backslashes > start && text.charCodeAt(at - 1 - backslashes) === backslash)
    backslashes += 1;
  return backslashes % 2 === 1;
}
