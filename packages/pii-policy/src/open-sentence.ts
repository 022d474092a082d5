/** More is not held back, whatever stands there. */
const longestSentence = 400;
/** `Dr.`, `St.`, `J.`, `P.O.`: behind these a sentence goes on. */
const abbreviation = /(?:^|[\s("])(?:\p{L}{1,2}|\p{Lu}\p{L}{0,3}|\p{L}+\.\p{L}+)\.$/u;

/** Where the sentence begins that a text ends with. It goes on behind abbreviations, in front of figures, and in the next line of an address. */
export function startOfOpenSentence(text: string): number {
  const from = Math.max(0, text.length - longestSentence);
  // What comes behind the end of a sentence tells whether it was one.
  for (let at = text.trimEnd().length - 1; at > from; at -= 1) if (isBorder(text, at)) return at + 1;
  return from;
}

function isBorder(text: string, at: number): boolean {
  const character = text[at] as string;
  if (!/\s/.test(character)) return false;
  const next = text[at + 1] as string;
  if (character === '\n') {
    if (!/[\p{L}\p{N}]/u.test(next)) return true;
    const line = text.slice(Math.max(text.lastIndexOf('\n', at - 1) + 1, at - 120), at);
    return !/,\s*$|\d/.test(line);
  }
  if (!/[.!?]["')\]]?$/.test(text.slice(Math.max(0, at - 2), at))) return false;
  return !/\d/.test(next) && !abbreviation.test(text.slice(Math.max(0, at - 24), at));
}
