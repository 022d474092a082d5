/** How a placeholder is written: `plain` is a name, which URLs and code can hold. */
export type Shape = 'bracketed' | 'plain';

const furthestScheme = 2_048;
const furthestQuote = 256;
const fence = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;

/**
 * Tells how a placeholder is to be written at a place of a text, so that code and URLs stay what they are. Linear where the places
 * are asked for in their order.
 *
 * @param isFenced whether the text begins within a block of code
 */
export function shapesOf(text: string, isFenced = false): (start: number, end: number) => Shape {
  const isInCode = isFenced || text.includes('`') ? createCodes(text, isFenced) : () => false;
  const isOpen = createQuotes(text);
  return (start, end) => {
    if (isInUrl(text, start)) return 'plain';
    if (!isInCode(start)) return 'bracketed';
    return isOpen(start) && closesQuote(text, end) ? 'bracketed' : 'plain';
  };
}

function createCodes(text: string, isFenced: boolean): (start: number) => boolean {
  const opening = isFenced ? '```' : '';
  const codes = `${opening}${text}`.matchAll(fence);
  let code = codes.next().value;
  return (offset) => {
    const start = offset + opening.length;
    while (code !== undefined && code.index + code[0].length <= start) code = codes.next().value;
    return code !== undefined && start > code.index;
  };
}

/** Whether a block of code is open behind a text, which began within one or not. */
export function isFencedBehind(text: string, isFenced: boolean): boolean {
  if (!text.includes('```')) return isFenced;
  return (text.split('```').length % 2 === 0) !== isFenced;
}

/** Whether a quote is open, of those in the same line. */
function createQuotes(text: string): (start: number) => boolean {
  let at = 0;
  let isOpen = false;
  return (start) => {
    for (; at < start; at += 1) {
      const character = text[at];
      if (character === '\n') isOpen = false;
      else if (character === '"' || character === "'") isOpen = !isOpen;
    }
    return isOpen;
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

function closesQuote(text: string, end: number): boolean {
  const line = text.slice(end, end + furthestQuote).split('\n', 1)[0] ?? '';
  return /["']/.test(line);
}
