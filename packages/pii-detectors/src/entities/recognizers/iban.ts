import { matchesOf } from '../matches-of.ts';
import { passesMod97 } from '../checksums/mod97.ts';
import type { Recognizer } from '../recognizer.ts';

/** Length of an IBAN by country: the SWIFT registry, release 99. */
const lengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 ' +
    'IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 ' +
    'SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const beginning = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ \u00a0.-]?[A-Za-z0-9])/gu;
const longestSpan = 34 + 8;
const isAlphanumeric = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9]/u.test(character);

/** International bank account numbers: country, its length, and the check of ISO 13616 (mod 97). Blanks, dots or hyphens between groups are allowed. */
export const ibans: Recognizer = {
  types: ['IBAN_CODE'],
  leastDigits: 2,
  leastLength: 15,
  *find({ text }) {
    for (const { index, 0: head } of matchesOf(text, beginning)) {
      const length = lengths[head.slice(0, 2).toUpperCase()];
      const end = length === undefined ? undefined : endOf(text, index, length);
      if (end !== undefined && passesMod97(text.slice(index, end).replace(/[^A-Za-z0-9]/gu, '')))
        yield { type: 'IBAN_CODE', start: index, end, score: 1 };
    }
  },
};

/** Where the account number of so many characters ends, or undefined when the text has not as many there. */
function endOf(text: string, start: number, length: number): number | undefined {
  let seen = 0;
  for (let index = start; index < Math.min(text.length, start + longestSpan); index += 1) {
    if (isAlphanumeric(text[index])) seen += 1;
    else if (!/[ \u00a0.-]/u.test(text[index] as string) || !isAlphanumeric(text[index + 1]))
      return undefined;
    if (seen === length) return isAlphanumeric(text[index + 1]) ? undefined : index + 1;
  }
  return undefined;
}
