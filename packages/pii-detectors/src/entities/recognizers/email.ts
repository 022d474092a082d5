import type { Entity } from '../entity.ts';
import type { Recognizer } from '../recognizer.ts';

const localPart = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const domain =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}[\p{L}\p{N}-]{1,23}(?![\p{L}\p{N}])/uy;
const longestLocalPart = 64;
/** The sign as it is, and as the query of a URL has it. */
const signs = ['@', '%40'] as const;
/** Behind these an address begins, in a query or where a field is set. */
const openings = /^.*(?:[=?&/`{|]|(?<!\p{L})')/u;

/**
 * E-mail addresses: RFC 5322's dot-atom before the @, letters of any script (RFC 6531), a domain name with a top-level domain behind
 * it. Starts from each @, so that a text without one costs nothing; %40 is one too, as in the query of a URL.
 */
export const emails: Recognizer = {
  types: ['EMAIL_ADDRESS'],
  *find({ text }) {
    for (const sign of signs) yield* addresses(text, sign);
  },
};

function* addresses(text: string, sign: (typeof signs)[number]): Generator<Entity> {
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
    let start = at;
    while (start > 0 && at - start < longestLocalPart && localPart.test(text[start - 1] as string))
      start -= 1;
    const opening = openings.exec(text.slice(start, at))?.[0] ?? '';
    if (start + opening.length < at) start += opening.length;
    while (start < at && !/[\p{L}\p{N}_]/u.test(text[start] as string)) start += 1;
    const domainStart = at + sign.length;
    domain.lastIndex = domainStart;
    const match = domain.exec(text);
    if (match === null || start === at || !/[\p{L}\p{N}_+-]/u.test(text[at - 1] as string)) continue;
    yield { type: 'EMAIL_ADDRESS', start, end: domainStart + match[0].length, score: 0.95 };
  }
}
