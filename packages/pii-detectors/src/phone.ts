import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import type { Detector } from './finding.ts';

const candidate =
  /(?<![\p{L}\p{N}_.:/$€£#=-])(?:\+|\(|00)?\(?\d[\d() ./-]{5,22}\d(?![\p{L}\p{N}_]|[.:/-]\d)/gu;
/** What looks like a number and is none: dates, times, decimals. */
const lookAlike =
  /^(?:\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2,4}|\d+\.\d+|\d{1,3}(?:\.\d{1,3}){3}|\d+)(?:\s.*)?$/;
const contextWord =
  /(?:phone|tel(?:ephone|efon|éfono|éphone)?|mobile?|cell(?:ular)?|handy|call|text|fax|whatsapp|sms|móvil|portable|appel(?:er|ez)|reach|dial|ring|number is)\b[^\n]{0,24}$/i;

/** Regions whose national formats are tried. */
const regions: readonly CountryCode[] = ['US', 'GB', 'DE', 'FR', 'ES'];

/** Numbers that are parsed for one request: parsing takes long, and there may be tens of thousands. */
const mostParsed = 5_000;

/**
 * Phone numbers: international ones anywhere; national ones of some regions where they are written with separators or stand behind a
 * word such as "phone". Candidates are found in linear time and only they are parsed, each once. Where there are more than are parsed,
 * the rest count as phone numbers: rather too much is replaced than too little.
 *
 * @returns finds those of texts that belong together
 */
export function createPhoneFinder(): Detector {
  const known = new Map<string, boolean>();
  const isKnown = (value: string, hasContext: boolean): boolean => {
    const key = `${hasContext} ${value}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (!mayBePhone(value, hasContext)) return false;
    if (known.size >= mostParsed) return true;
    const found = isPhone(value);
    known.set(key, found);
    return found;
  };
  return function* findPhones(text) {
    for (const match of text.matchAll(candidate)) {
      const value = trimUnbalanced(match[0]);
      const digits = value.replace(/\D/g, '').length;
      if (digits < 7 || digits > 15) continue;
      const before = text.slice(Math.max(0, match.index - 40), match.index);
      if (isKnown(value, contextWord.test(before)))
        yield { type: 'PHONE', start: match.index, end: match.index + value.length, value };
    }
  };
}

function mayBePhone(value: string, hasContext: boolean): boolean {
  return hasContext || /^(?:\+|00)/.test(value) || !lookAlike.test(value);
}

function isPhone(value: string): boolean {
  const international = value.replace(/^00/, '+');
  if (international.startsWith('+')) return parsePhoneNumberFromString(international)?.isPossible() ?? false;
  return regions.some((region) => parsePhoneNumberFromString(value, region)?.isValid() ?? false);
}

function trimUnbalanced(value: string): string {
  const opened = value.split('(').length;
  const closed = value.split(')').length;
  return opened === closed ? value.trimEnd() : value.replace(/[ (]+\S*$/, '').trimEnd() || value;
}
