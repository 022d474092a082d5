import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import type { Finding } from './finding.ts';

const candidate =
  /(?<![\p{L}\p{N}_.:/$€£#=-])(?:\+|\(|00)?\(?\d[\d() ./-]{5,22}\d(?![\p{L}\p{N}_]|[.:/-]\d)/gu;
/** What looks like a number and is none: dates, times, decimals. */
const lookAlike =
  /^(?:\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}|\d+\.\d+|\d{1,3}(?:\.\d{1,3}){3}|\d+)(?:\s.*)?$/;
const contextWord =
  /(?:phone|tel(?:ephone|efon|éfono|éphone)?|mobile?|cell(?:ular)?|handy|call|text|fax|whatsapp|sms|móvil|portable|appel(?:er|ez)|reach|dial|ring|number is)\b[^\n]{0,24}$/i;

/** Regions whose national formats are tried. */
const regions: readonly CountryCode[] = ['US', 'GB', 'DE', 'FR', 'ES'];

/**
 * Phone numbers: international ones anywhere; national ones of some regions where they are written with separators or stand behind a
 * word such as "phone". Candidates are found in linear time and only they are parsed.
 */
export function* findPhones(text: string): Generator<Finding> {
  for (const match of text.matchAll(candidate)) {
    const value = trimUnbalanced(match[0]);
    const digits = value.replace(/\D/g, '').length;
    if (digits < 7 || digits > 15) continue;
    const before = text.slice(Math.max(0, match.index - 40), match.index);
    if (isPhone(value, contextWord.test(before))) {
      yield { type: 'PHONE', start: match.index, end: match.index + value.length, value };
    }
  }
}

function isPhone(value: string, hasContext: boolean): boolean {
  const international = value.replace(/^00/, '+');
  if (international.startsWith('+')) return parsePhoneNumberFromString(international)?.isPossible() ?? false;
  if (!hasContext && lookAlike.test(value)) return false;
  return regions.some((region) => parsePhoneNumberFromString(value, region)?.isValid() ?? false);
}

function trimUnbalanced(value: string): string {
  const opened = value.split('(').length;
  const closed = value.split(')').length;
  return opened === closed ? value.trimEnd() : value.replace(/[ (]+\S*$/, '').trimEnd() || value;
}
