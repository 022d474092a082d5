/** How a placeholder is written: `plain` is a name, which URLs and code can hold. */
export type Shape = 'bracketed' | 'plain';

const furthestScheme = 2_048;
const fence = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;
const quotes = /["']/g;

/** Tells how a placeholder is to be written at a place of a text, so that code and URLs stay what they are. */
export function shapesOf(text: string): (start: number, end: number) => Shape {
  let codes: readonly (readonly [start: number, end: number])[] | undefined;
  const isInCode = (start: number): boolean => {
    if (!text.includes('`')) return false;
    codes ??= Array.from(text.matchAll(fence), (match) => [match.index, match.index + match[0].length]);
    return codes.some(([from, to]) => start > from && start < to);
  };
  return (start, end) => {
    if (isInUrl(text, start)) return 'plain';
    if (!isInCode(start)) return 'bracketed';
    return isQuoted(text, start, end) ? 'bracketed' : 'plain';
  };
}

const scheme = /(?:^|[^\w+.-])(?:[a-z][\w+.-]*:\/\/|(?:mailto|tel|sms|sips?|xmpp|urn|data):)/i;

/** Whether a scheme stands before it, with nothing between that ends a URL. A value that is the whole URL stands in none. */
function isInUrl(text: string, start: number): boolean {
  const from = Math.max(0, start - furthestScheme);
  let at = start;
  while (at > from && !/[\s"'<>`]/.test(text[at - 1] as string)) at -= 1;
  return scheme.test(text.slice(at, start));
}

function isQuoted(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, text.lastIndexOf('\n', start - 1) + 1), start);
  const after = text.slice(end, end + 256).split('\n', 1)[0] ?? '';
  const opening = before.match(quotes)?.length ?? 0;
  return opening % 2 === 1 && after.search(quotes) >= 0;
}
