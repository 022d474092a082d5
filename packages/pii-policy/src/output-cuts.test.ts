import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker } from './masker.ts';
import { createOutputGuard } from './output-guard.ts';
import { detectorOf } from './detector-of.ts';
import { defaultPiiPolicy, needsNames, needsSentences, type PiiPolicy } from './pii-policy.ts';
import { piiTypes } from './own-patterns.ts';

/** What is replaced: what has a form and few words; addresses of streets too; names too. */
const scopes = ['forms', 'addresses', 'names'] as const;
type Scope = (typeof scopes)[number];
const scopeOf = (type: string): Scope => {
  if (type === 'STREET_ADDRESS') return 'addresses';
  return ['PERSON', 'ORGANIZATION', 'LOCATION'].includes(type) ? 'names' : 'forms';
};
const isWithin = (type: string, scope: Scope): boolean =>
  scopes.indexOf(scopeOf(type)) <= scopes.indexOf(scope);
const known = new Map([['EMAIL_1', 'client@own.example']]);
const drawn = (length: number): string =>
  Array.from({ length }, (_, index) => 'aB3xYz9Qk2Lm7'[(index * 7 + length) % 13]).join('');

function guard(scope: Scope, patterns: PiiPolicy['patterns'] = [], bySentence?: boolean) {
  const actions = Object.fromEntries(
    piiTypes.map((type) => [type, isWithin(type, scope) ? 'replace' : 'report'] as const),
  );
  const policy: PiiPolicy = { ...defaultPiiPolicy, actions, patterns };
  const detect = detectorOf(policy, 'output', { names: needsNames(policy, 'output') });
  const masker = createMasker({
    policy,
    direction: 'output',
    detect,
    known,
    taken: () => false,
    hash: () => '',
  });
  return {
    masker,
    through: createOutputGuard({
      masker,
      detect,
      bySentence: bySentence ?? needsSentences(policy),
      originals: known,
    }),
  };
}

function shownOf(parts: readonly string[], scope: Scope): { shown: string; values: readonly string[] } {
  const { masker, through } = guard(scope);
  const shown = parts.map((part) => through.push(part)).join('') + through.flush();
  return { shown, values: [...masker.mapping.values()].filter((value) => value !== known.get('EMAIL_1')) };
}

const pem = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
  .trim();

/** One or more of each type, in the words that it needs. */
const values = [
  'mail anna.schmidt+news@example.co.uk',
  'see https://example.com:8443/a/b?c=d#e',
  'at example.com/in/ada-moyo',
  '(212) 555-0198 is my number',
  '2125550198 is her phone',
  '+44 (0)20 7946 0958',
  'tel. 01.23.45.67.89',
  'card 4111 1111 1111 1111',
  'amex 378282246310005',
  'DE89 3704 0044 0532 0130 00',
  'gb82 west 1234 5698 7654 32',
  'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
  'SSN: 536-22-8726',
  'ITIN 912-70-1234',
  'C03005988 is my passport',
  'ABA routing number 021000021',
  '6668450820 is the checking account',
  "driver's license D1234567",
  'NHS number 943 476 5919',
  'NI number AB 12 34 56 C',
  'Steuer-ID 86 095 742 719',
  '2 55 08 14 168 025 38',
  'DNI 12345678-Z',
  'NIE X 1234567 L',
  'RSSMRA85T10A562S',
  'Aadhaar 2341 2341 2346',
  'PAN ABCPE1234F',
  'CPF 111.444.777-35',
  'CNPJ 11.222.333/0001-81',
  'TFN 123 456 782',
  'ABN 51 824 753 556',
  'Medicare card 2123 45670 1',
  'SIN 130 692 544',
  'from 192.168.10.254',
  'host 2001:db8::ff00:42:8329',
  'nic A4:4C:DE:82:CD:7D',
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  'born May 6, 1959',
  'born 17th of December, 1988',
  'nacida el 2 de marzo de 1944',
  '04/13/1988 is her birthday',
  'on 2024-05-17',
  `password: aB3${drawn(20)}`,
  'mot de passe: akq!dfgh',
  `ghp_${drawn(36)}`,
  `xoxb-${drawn(12)}-${drawn(140)}`,
  'postgres://ada:hunter2@db/x',
  '580112292, ada@corp.example',
  '你好，请写信给ann@corp.example。谢谢',
];
const addresses = [
  'ship to 1600 Elm Avenue Apt. 4, Springfield, IL 62701',
  'to 1600 Elm Avenue,\nSpringfield, IL 62701',
  'H.No. 12, Gandhi Marg, Pune 411001',
  'P.O. Box 1234',
  'wohnt in der Goethestraße 12a, 60313 Frankfurt',
  'lives at 12 Elm Street, Springfield',
];
const namesAndPlaces = [
  'Dr. Ada Moyo-Smith lives here',
  'My name is J. R. Tolkien-Smith, I am here',
  'Ms. Jane van der Berg works at Acme Widgets Inc. in St. Louis',
];
const encodedPart = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const frames = [
  (value: string) => value,
  (value: string) => `Ask <EMAIL_1>: ${value}. That is all, __EMAIL_1__ knows no more of it than this.`,
  (value: string) => `{"who": "<EMAIL_1>", "what": "${value}", "more": [12, 2024]}`,
];

function expectSame(text: string, parts: readonly string[], scope: Scope): void {
  const whole = shownOf([text], scope);
  const { shown } = shownOf(parts, scope);
  const hidden = whole.values.filter((value) => !whole.shown.includes(value));
  expect(hidden.filter((value) => shown.includes(value))).toEqual([]);
  expect(shown).toBe(whole.shown);
}

const cutAt = (text: string, at: number): readonly string[] => [text.slice(0, at), text.slice(at)];

describe('personal data that is cut in two', () => {
  it.each([
    ...values.map((value) => [value, 'forms'] as const),
    ...addresses.flatMap((value) => [[value, 'addresses'] as const, [value, 'names'] as const]),
    ...namesAndPlaces.map((value) => [value, 'names'] as const),
  ])('never shows a part of %j, and restores the same, wherever the cut is, with %s', (value, scope) => {
    for (const frame of frames) {
      const text = frame(value);
      expect(shownOf([text], scope).values.length).toBeGreaterThan(0);
      expectSame(text, Array.from(text), scope);
      const first = text.indexOf(value);
      for (let at = Math.max(1, first - 2); at <= first + value.length + 2; at += 1)
        expectSame(text, cutAt(text, at), scope);
    }
  });

  it('is the same for any pieces of any values', () => {
    const texts = fc.array(fc.constantFrom(...values, 'and', '<EMAIL_1>', ', which is', '12', '\n'), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(texts, fc.array(fc.nat()), (words, cuts) => {
        const text = words.join(' ');
        const borders = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted(
          (a, b) => a - b,
        );
        const pieces = borders.slice(1).map((border, index) => text.slice(borders[index], border));
        expect(shownOf(pieces, 'forms').shown).toBe(shownOf([text], 'forms').shown);
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 5, 64, 100])('shows nothing of a private key, in pieces of %i characters', (size) => {
    const text = `Here:\n${pem}\nKeep it.`;
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
    expect(shownOf(pieces, 'forms').shown).toBe('Here:\n<SECRET_1>\nKeep it.');
  });

  it.each([
    ['a line at a time', 65],
    ['at once', 20_000],
    ['in large pieces', 3_000],
  ])('shows nothing of a private key that is too long to wait for, %s', (_how, size) => {
    const lines = Array.from({ length: 250 }, () => drawn(64)).join('\n');
    const text = `Here:\n-----BEGIN RSA PRIVATE KEY-----\n${lines}\n-----END RSA PRIVATE KEY-----\nKeep it.`;
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
    expect(shownOf(pieces, 'forms').shown).toBe('Here:\n<SECRET_1>\nKeep it.');
  });

  it('shows no half of a value behind a piece of any length', () => {
    const text = `${'It is so. '.repeat(1_000)}card 4111 1111 1111 1111 here`;
    for (const at of [text.length - 15, text.length - 10, text.length - 6])
      expect(shownOf(cutAt(text, at), 'forms').shown.endsWith('card <CARD_1> here')).toBe(true);
  });

  it.each([',', ', ', ' | ', '\t'])(
    'knows the columns of a table, however long it is, parted by %j',
    (separator) => {
      const cells = ['number', 'name', 'phone', 'city', 'country'].join(separator);
      const rows = Array.from({ length: 12 }, (_, row) =>
        [`${row}`, 'Some one', `21255501${10 + row}`, 'Paris', 'FR'].join(separator),
      );
      const text = `Here it is:\n${[cells, ...rows].join('\n')}\nThat is all. And so on, and on.`;
      expect(shownOf([text], 'forms').values.length).toBe(rows.length);
      expectSame(text, Array.from(text), 'forms');
      for (let at = 1; at < text.length; at += 5) expectSame(text, cutAt(text, at), 'forms');
    },
  );

  it.each(['INSERT INTO patients', 'So:\n```sql\ninsert into "clinic"."patients_of_2026"'])(
    'knows the columns of a statement of SQL, however long it is: %j',
    (statement) => {
      const columns = '(id, full_name, city_of_residence, ssn, number_of_beds, ward_of_the_clinic)';
      const rows = Array.from(
        { length: 8 },
        (_, row) => `(${row}, 'Some (one), ''x''', lower('Paris'), 5362287${10 + row}, 12, 4)`,
      );
      const text = `${statement} ${columns}\nVALUES\n${rows.join(',\n')};\nThat is all, 536228799. And so on, and on.`;
      const whole = shownOf([text], 'forms');
      expect(whole.values).toEqual(rows.map((_, row) => `5362287${10 + row}`));
      expect(whole.shown).toContain('536228799');
      expectSame(text, Array.from(text), 'forms');
      for (let at = 1; at < text.length; at += 5) expectSame(text, cutAt(text, at), 'forms');
    },
  );

  it.each([1, 61, 4_000, 30_000])(
    'shows nothing of a token that is too long to wait for, in pieces of %i',
    (size) => {
      const token = `${encodedPart({ alg: 'RS256' })}.${encodedPart({ sub: drawn(11_000) })}.${drawn(342)}`;
      const text = `Here: ${token} and that is it.`;
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
      expect(shownOf(pieces, 'forms').shown).toBe('Here: <SECRET_1> and that is it.');
    },
  );

  it('waits for the sentence, where a pattern of the tenant may have blanks', () => {
    const patterns = [{ type: 'PROJECT', pattern: 'Project [a-z]+ [a-z]+' }];
    const text = 'It is so. It is Project alpha beta now, and later. That is it.';
    expect(needsSentences({ ...defaultPiiPolicy, patterns })).toBe(true);
    expect(
      needsSentences({ ...defaultPiiPolicy, patterns: [{ type: 'ID', pattern: 'E-\\d{6}\\.[a-z]' }] }),
    ).toBe(false);
    for (let at = 0; at < text.length; at += 1) {
      const { through } = guard('forms', patterns);
      const shown =
        cutAt(text, at)
          .map((part) => through.push(part))
          .join('') + through.flush();
      expect(shown).toBe('It is so. It is <PROJECT_1> now, and later. That is it.');
    }
  });

  it('replaces what is left of a value whose beginning was let out', () => {
    const patterns = [{ type: 'PROJECT', pattern: 'Project [a-z]+ [a-z]+' }];
    const { through } = guard('forms', patterns, false);
    const shown = through.push('It is Project ') + through.push('alpha beta now') + through.flush();
    expect(shown).not.toContain('beta');
  });
});
