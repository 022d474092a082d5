import type { Finding } from './finding.ts';

const localPart = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]/;
const domain = /(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])/y;
const longestLocalPart = 64;

/**
 * E-mail addresses: RFC 5322's dot-atom before the @, a domain name with a top-level domain behind it. Starts from each @, so that a
 * text without one costs nothing.
 */
export function* findEmails(text: string): Generator<Finding> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < longestLocalPart && localPart.test(text[start - 1] as string))
      start -= 1;
    while (start < at && !/[A-Za-z0-9_]/.test(text[start] as string)) start += 1;
    domain.lastIndex = at + 1;
    const match = domain.exec(text);
    if (match === null || start === at || text[at - 1] === '.') continue;
    const end = at + 1 + match[0].length;
    yield { type: 'EMAIL', start, end, value: text.slice(start, end) };
  }
}
