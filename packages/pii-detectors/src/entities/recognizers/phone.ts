import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js';
import { contextDistance, contextWords } from '../context.ts';
import type { Entity } from '../entity.ts';
import { hasFraction, type Recognizer } from '../recognizer.ts';
import type { Scan } from '../scan.ts';

/** An international prefix, an area code in brackets, digits with one separator between them at most, an extension. */
const candidate =
  /(?<![\p{L}\p{N}_/$€£%\\]|[\p{L}\p{N}][.\-‐]|\d:)(?:\(?(?:\+|00)\d{1,3}\)?[ \u00a0.-]?|1[ .-]?(?=\())?(?:\(\d{1,5}\)[ \u00a0.-]?)?\d(?:[ \u00a0./\-‐–]?\d){4,15}(?:\s?(?:x|ext\.?|extension|#)\s?\d{1,6})?(?![\p{L}\p{N}_]|[.:/\-‐]\d|\s?[€$£%]|\s(?:EUR|USD|GBP)\b)/gu;

const context = contextWords(
  'phones?',
  'phone_?\\w*',
  'tel(?:ephone|efon|éfono|éphone|efono|efone)?s?\\.?',
  'mobiles?',
  'mobil(?:e|nummer|funknummer)?',
  'cell(?:ular|phone)?',
  'handy(?:nummer)?',
  'call(?:ed|ing|s|er)?',
  'text',
  'texted',
  'fax',
  'whats ?app',
  'signal',
  'sms',
  'm[óo]vil',
  'celular',
  'portable',
  'appel(?:er|ez|le|é)?',
  'appelez-\\w+',
  'reach(?:ed|able)?(?: \\w+)?',
  'dial(?:ed)?',
  'ring',
  'rang',
  'rufnummer',
  'telefonnummer',
  'nummer',
  'anrufen',
  'anruf',
  'erreichbar',
  'kontakt',
  'contact(?:o|er|ez)?',
  'll[aá]m\\p{L}+',
  'chiam\\p{L}+',
  'ligar',
  'ligue',
  'hotline',
  'landline',
  'home',
  'work',
  'emergency',
  'gp',
  'voicemail',
  'new number',
  'my number',
  'number is',
  'numéro',
  'numero',
  'número',
  'recapito',
  'cellulare',
  'telemóvel',
  'callback',
  'call-?back',
  'contact_?\\w*',
  'mob\\.?',
  'ph\\.?',
  'pager',
  'dm',
);

/** Regions whose national forms are tried, one after the other. */
export const defaultPhoneRegions: readonly CountryCode[] = ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'IN', 'BR'];

/** What national numbers of a region look like at all, so that few are parsed; other regions parse every candidate. Extensions may follow. */
const nationalShapes: Partial<Record<CountryCode, RegExp>> = {
  US: /^1?[2-9]\d{9}/u,
  GB: /^0\d{9,10}/u,
  DE: /^0\d{5,13}/u,
  FR: /^0[1-9]\d{8}/u,
  ES: /^[5-9]\d{8}/u,
  IT: /^(?:0\d{5,10}|3\d{8,9})/u,
  IN: /^0?[1-9]\d{9}/u,
  BR: /^0?[1-9]\d{7,10}/u,
};

/** In the USA three, three and four digits stand together. */
const americanGroups = /^(?:1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)/u;

/** Numbers that are parsed for one text: parsing takes 20 µs and more, and there may be tens of thousands. */
const mostParsed = 5_000;

/** "numéro de commande", where the word that stands for a phone as well says what else it is. */
const numberOf = /(?:num[ée]ro|número|number)\s(?:de|di|of|du|del)\s/iu;
/** Cards and account numbers, of which this is a piece. */
const isGrouped = /^\d{4}(?: \d{4})+(?: \d{1,4})?$/u;
/** Digits one by one, and dotted numbers with groups of one digit. */
const isEnumeration = /^\d(?: \d){4,}|^\d+(?:\.\d+)*\.\d\.|^\d{1,3}\.\d\.|^\d\./u;

type Form = 'international' | 'valid' | 'possible' | 'none';

/**
 * Phone numbers: international ones anywhere; national ones where they are written as a region writes them, or beside a word such as
 * "phone". Candidates are found in linear time, and only they are parsed, each once. Where there are more than are parsed, the rest
 * count as phone numbers: rather too much is found than too little.
 */
export function phoneRecognizer(regions: readonly CountryCode[] = defaultPhoneRegions): Recognizer {
  return {
    types: ['PHONE_NUMBER'],
    leastDigits: 7,
    *find(scan) {
      const known = new Map<string, Form>();
      const formOf = (value: string): Form => {
        const before = known.get(value);
        if (before !== undefined) return before;
        if (known.size >= mostParsed) return 'valid';
        const form = parse(value, regions);
        known.set(value, form);
        return form;
      };
      const search = new RegExp(candidate);
      for (let match = search.exec(scan.text); match !== null; match = search.exec(scan.text)) {
        const { index, 0: value } = match;
        const entity = judge(scan, index, value, formOf);
        if (entity !== undefined) yield entity;
        // Two numbers may stand beside each other: what follows the first blank is a candidate as well.
        else if (value.includes(' ')) search.lastIndex = index + value.indexOf(' ') + 1;
      }
    },
  };
}

function judge(
  scan: Scan,
  start: number,
  value: string,
  formOf: (value: string) => Form,
): Entity | undefined {
  const digits = value.replace(/\s?(?:x|ext|#).*$/u, '').replace(/\D/gu, '');
  if (digits.length < 7 || digits.length > 15 || isLookAlike(value)) return undefined;
  const end = start + value.length;
  if (scan.isSuspicious(start) && numberOf.test(scan.before(start, 40))) return undefined;
  const isInternational = /^\(?(?:\+|00)/u.test(value);
  if (!isInternational && hasFraction(scan, start, end)) return undefined;
  const isBare = /^\d+$/u.test(value);
  const distance = contextDistance(scan, start, end, context);
  if (isGrouped.test(value) || (distance === undefined && isEnumeration.test(value))) return undefined;
  if (
    distance === undefined &&
    !isInternational &&
    (scan.isSuspicious(start) || /^(?:19|20)\d{2} /u.test(value))
  )
    return undefined;
  const form = formOf(value);
  const score = scoreOf(form, { isInternational, isBare, hasContext: distance !== undefined });
  return { type: 'PHONE_NUMBER', start, end, score: score - (distance ?? 0) * 0.5 };
}

interface Shape {
  readonly isInternational: boolean;
  readonly isBare: boolean;
  readonly hasContext: boolean;
}

function scoreOf(form: Form, { isInternational, isBare, hasContext }: Shape): number {
  if (isInternational) return form === 'none' ? (hasContext ? 0.75 : 0.5) : hasContext ? 0.95 : 0.85;
  if (form === 'valid') return hasContext ? (isBare ? 0.8 : 0.9) : isBare ? 0.2 : 0.6;
  return hasContext ? (form === 'possible' ? 0.75 : 0.65) : form === 'possible' && !isBare ? 0.25 : 0.1;
}

function parse(value: string, regions: readonly CountryCode[]): Form {
  const international = value.replace(/^\(?00/u, '+').replace('(0)', '');
  if (/^\(?\+/u.test(international))
    return (parsePhoneNumberFromString(international)?.isPossible() ?? false) ? 'international' : 'none';
  let form: Form = 'none';
  const digits = value.replace(/\D/gu, '');
  for (const region of regions) {
    if (region === 'US' && /\D/u.test(value) && !americanGroups.test(value)) continue;
    if (nationalShapes[region]?.test(digits) === false) continue;
    const parsed = parsePhoneNumberFromString(value, region);
    if (parsed?.isValid() === true) return 'valid';
    if (parsed?.isPossible() === true) form = 'possible';
  }
  return form;
}

/** Dates, years from and to, an SSN, a CPF and an IP address look like numbers of phones. */
function isLookAlike(value: string): boolean {
  return (
    /^(?:(?:19|20)\d{2}[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)?\d{2})$/u.test(
      value,
    ) ||
    /^(?:19|20)\d{2}\s?[-–/]\s?(?:19|20)\d{2}$/u.test(value) ||
    /^\d{3}-\d{2}-\d{4}(?: |$)/u.test(value) ||
    /^\d{3}\.\d{3}\.\d{3}-\d{2}$/u.test(value) ||
    /^\d{1,3}(?:\.\d{1,3}){3}$/u.test(value) ||
    /^(?:0|[1-9]\d{0,3})\.\d+$/u.test(value)
  );
}
