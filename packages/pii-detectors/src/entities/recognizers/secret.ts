import { matchesOf } from '../matches-of.ts';
import type { Entity } from '../entity.ts';
import type { Recognizer } from '../recognizer.ts';
import { privateKeys } from './private-keys.ts';
import { secretForms } from './secret-forms.ts';

/** Behind these stands a secret: in a sentence, a setting, JSON, code, a header or a query. */
const keyword =
  /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}]{0,24}[_-]){0,4}(?:pass(?:word|wd|phrase|code)?|pwd|secret|api[_ -]?key|apikey|access[_ -]?key|auth[_ -]?token|access[_ -]?token|refresh[_ -]?token|token|bearer|credentials?|private[_ -]?key|client[_ -]?secret|signing[_ -]?key|encryption[_ -]?key|account[_ -]?key|kennwort|passwort|mot de passe|contraseña|senha|clave)(?:[_-][\p{L}\p{N}]{1,24}){0,3}["'`\]]{0,2}(?<link>\s{0,3}(?:=>|:=|[:=]{1,2})\s{0,3}|\s(?:is|was|ist|est|es|are|now)(?::| =)?\s|\s{1,2})(?<quote>["'`]{0,3})(?<value>[^\s"'`<>,;]{6,512})/giu;
/** Cheap, and in every text that has what `keyword` finds. */
const anyWord =
  /pass|pwd|secret|api[_ -]?key|apikey|access[_ -]?key|token|bearer|credential|private[_ -]?key|signing[_ -]?key|encryption[_ -]?key|account[_ -]?key|kennwort|mot de passe|contraseña|senha|clave/iu;
const shortestForm = 15;
const inUrl = /:\/\/[^\s:/@"']{1,64}:(?<value>[^\s@/"']{3,128})@/gu;
/** What stands for a secret and is none. */
const stand_in =
  /^(?:[*•x.]+|\$\{?|\{\{|%[a-z]|<|process\.|os\.|env[.[(]|getenv|config\.|settings\.|self\.|this\.|null|none|undefined|true|false|required|optional|string|example|changeme|placeholder|redacted|your[_-]|my[_-]|insert|enter|todo)/iu;

/** A call, a template, an access or the end of a list of parameters. */
const isCode = /[([]|\$\{|\\u|\?\.|\):?$|^\/\^|^\w+\.\w+\.\w+$/u;

/** Keys and tokens by their form, and values behind words such as password that are no words themselves. */
export const secrets: Recognizer = {
  types: ['SECRET'],
  *find({ text }) {
    if (text.length >= shortestForm)
      for (const { pattern, score, check } of secretForms)
        for (const { index, 0: value } of matchesOf(text, pattern))
          if (check?.(value) ?? true) yield secret(index, value, score);
    for (const { start, end } of privateKeys(text)) yield { type: 'SECRET', start, end, score: 1 };
    for (const match of anyWord.test(text) ? matchesOf(text, keyword) : []) {
      const { link = '', quote = '', value: found = '' } = match.groups ?? {};
      const value = found.replace(/[.!?)\]}]+$/u, '');
      const isSet = /[:=]/u.test(link);
      if (value.length < 6 || stand_in.test(value) || isCode.test(found)) continue;
      if (!isRandom(value, isSet || quote !== '')) continue;
      yield secret(match.index + match[0].length - found.length, value, isSet || quote !== '' ? 0.8 : 0.65);
    }
    for (const match of matchesOf(text, inUrl)) {
      const value = match.groups?.['value'] ?? '';
      if (!stand_in.test(value)) yield secret(match.index + match[0].length - 1 - value.length, value, 0.95);
    }
  },
};

const secret = (start: number, value: string, score: number): Entity => ({
  type: 'SECRET',
  start,
  end: start + value.length,
  score,
});

/**
 * Whether it looks drawn, or thought up as a password, rather than written. Behind an equals sign, a colon or a quote letters with
 * digits or signs are enough; in a sentence it takes as many bits a character as random text has.
 */
function isRandom(value: string, isSet: boolean): boolean {
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\d/u, /[^\p{L}\p{N}_.\-/:]/u].filter((each) =>
    each.test(value),
  ).length;
  if (/^[\d.:/-]+$/u.test(value)) return isSet && value.length >= 8 && !/[.:/-]/u.test(value);
  if (isSet) return classes >= 2 && /[\d]|[^\p{L}\p{N}_.\-/:]/u.test(value);
  return classes >= 3
    ? /\d/u.test(value)
    : value.length >= 16 && classes >= 2 && bitsPerCharacter(value) >= 3;
}

/** Shannon entropy of the characters. */
function bitsPerCharacter(value: string): number {
  const counts = Map.groupBy(value, (character) => character);
  let bits = 0;
  for (const { length } of counts.values()) {
    const share = length / value.length;
    bits -= share * Math.log2(share);
  }
  return bits;
}
