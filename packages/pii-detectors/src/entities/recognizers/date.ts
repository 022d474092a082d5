import { matchesOf } from '../matches-of.ts';
import { contextDistance, contextWords } from '../context.ts';
import type { Entity } from '../entity.ts';
import type { Scan } from '../scan.ts';
import type { Recognizer } from '../recognizer.ts';

const months =
  'jan(?:uar[yi]?|vier)?|enero|gennaio|janeiro|jänner|feb(?:ruar[yi]?)?|février|fevrier|febrero|febbraio|fevereiro|mar(?:ch|zo|ço|s)?|märz|apr(?:il|ile)?|avril|abril|ma[yi]|mayo|maggio|maio|jun[ei]?|juin|junio|giugno|junho|jul[yi]?|juillet|julio|luglio|julho|' +
  'aug(?:ust)?|août|aout|agosto|sept?(?:ember)?|septembre|septiembre|settembre|setembro|o[ck]t(?:ober)?|octobre|octubre|ottobre|outubro|nov(?:ember|embre|iembre|embro)?|de[cz](?:ember)?|décembre|decembre|diciembre|dicembre|dezembro';
const day = '(?:0?[1-9]|[12]\\d|3[01])';
const year = '(?:1[89]|20)\\d{2}';
const ordinal = '(?:st|nd|rd|th|er|º|°|\\.)?';

const forms: readonly RegExp[] = [
  new RegExp(
    `(?<![\\p{L}\\p{N}_/.-])${year}(?<mark>[-/.])(?:0?[1-9]|1[0-2])\\k<mark>${day}(?![\\p{N}_-]|[./]\\d|\\p{L}(?!\\d{2}:))`,
    'gu',
  ),
  new RegExp(
    `(?<![\\p{L}\\p{N}_/.-])(?:${day}(?<mark>[-/.])(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])(?<other>[-/])${day})(?:\\k<mark>\\k<other>)(?:${year}|\\d{2})(?![\\p{L}\\p{N}_/-]|\\.\\d)`,
    'gu',
  ),
  new RegExp(
    `(?<![\\p{L}\\p{N}_./-])${day}${ordinal}[ -](?:of |de |do )?(?:${months})\\.?(?:,? |-)(?:de |do |del )?(?:${year}|'?\\d{2}(?= |$|[.,;)]))(?![\\p{L}\\p{N}_])`,
    'giu',
  ),
  new RegExp(`(?<![\\p{L}\\p{N}_])(?:${months})\\.? ${day}${ordinal},? ${year}(?![\\p{L}\\p{N}_])`, 'giu'),
];

const birth = contextWords(
  'born',
  'd\\.? ?o\\.? ?b\\.?',
  'dob_?\\w*',
  'birth(?:day|date|s)?',
  'b-?day',
  'date_?of_?birth',
  'birth_?\\w*',
  'geb\\.?',
  'geboren(?: am)?',
  'geburts\\w+',
  'n[ée]{1,2}(?:\\(e\\))?(?: le)?',
  'naissance',
  'nacid[oa]s?',
  'nacimiento',
  'naci(?:ó)?',
  'fecha de nac\\w*',
  'nat[oa](?: il)?',
  'nascita',
  'nascid[oa]',
  'nascimento',
  'b\\.',
);
const dated = contextWords(
  'on',
  'since',
  'due',
  'dated?',
  'until',
  'expir\\w+',
  'valid',
  'admitted',
  'discharged',
  'died',
  'passed away',
  'start',
  'end',
  'appointment',
  'visit(?:ed)?',
  'am',
  'vom',
  'bis',
  'seit',
  'le',
  'du',
  'depuis',
  'el',
  'desde',
  'il',
  'dal',
  'em',
  'desde',
);

/**
 * Calendar dates: of birth beside a word that says so, else any date. Times of logs (a date and a time of day directly behind it) are
 * neither. Days and months of English, German, French, Spanish, Italian and Portuguese.
 */
export const dates: Recognizer = {
  types: ['DATE_OF_BIRTH', 'DATE_TIME'],
  leastDigits: 3,
  *find(scan) {
    for (const form of forms)
      for (const { index, 0: value } of matchesOf(scan.text, form))
        yield judge(scan, index, index + value.length);
  },
};

function judge(scan: Scan, start: number, end: number): Entity {
  const distance = contextDistance(scan, start, end, birth);
  // Two breaks away the word belongs to another date: "born 1970-01-01 in Rome, admitted 2024-02-02".
  if (distance !== undefined && distance < 0.1)
    return { type: 'DATE_OF_BIRTH', start, end, score: 0.95 - distance };
  const isTimestamp = /^[T ]\d{1,2}:\d{2}/u.test(scan.behind(end, 8));
  if (isTimestamp || scan.isSuspicious(start)) return { type: 'DATE_TIME', start, end, score: 0.3 };
  if (contextDistance(scan, start, end, dated) !== undefined)
    return { type: 'DATE_TIME', start, end, score: 0.6 };
  // `1.31.26` and `11.10.14` are versions as often as dates.
  const isShort = /^\d{1,2}\.\d{1,2}\.\d{2}$/u.test(scan.text.slice(start, end));
  return { type: 'DATE_TIME', start, end, score: isShort ? 0.4 : 0.55 };
}
