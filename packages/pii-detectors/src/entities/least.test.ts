import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPatternRecognizers } from './pattern-recognizers.ts';
import { addressForms } from './recognizers/address-forms.ts';
import { createScan } from './scan.ts';

/** One of each type, as short as it gets, with the word that says what it is. */
const samples = [
  'a@b.de',
  'http://a.b',
  'a.de/x',
  'phone 555 0198',
  'tel. 5550198',
  'card 4222222222222',
  'IBAN NO9386011117947',
  'ssn 536228726',
  'itin 912701234',
  'passport A12345678',
  'passport AB1234567',
  'routing 021000021',
  'account 123456',
  'licence no A123456',
  'licence no AB-123-456',
  'nhs 9434765919',
  'nino AB123456C',
  'Steuer-ID 86095742719',
  'nir 255081416802538',
  'nir 2 55 08 2A 168 025 38',
  'dni 1234567L',
  'dni 12345678Z',
  'nie X1234567L',
  'codice fiscale RSSMRA85T10A562S',
  'codice fiscale RSSMRAURTMLARSNL',
  'aadhaar 234123412346',
  'pan ABCPE1234F',
  'cpf 52998224725',
  'cnpj 11222333000181',
  'tfn 123456782',
  'abn 51824753556',
  'medicare 2123456701',
  'sin 046454286',
  'ip 1.1.1.1',
  'ip ::1f',
  'aabb.ccdd.eeff',
  'aa:bb:cc:dd:ee:ff',
  '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2',
  'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  'BC1SW50QGDZ25J',
  'born 1.1.70',
  'on 1 May 70,',
  'May 1, 1970',
  '12 Elm Street',
  'Apt. 3, South Claire Road',
  '7 elm road',
  '7 elm, big town, ny 10001',
  'Am Markt 4',
  'Kirchweg 4',
  'kirchweg 4, 98299 Uffenheim',
  '9, rue de Maury',
  '9 rue de maury 40767 x',
  'Calle Mayor 4',
  'H.No. 289, Kashyap Ganj, Medininagar 872523',
  '80, Modi Nagar',
  'postcode B35 6YT',
  'P.O. Box 7',
  'apartado de correos 7',
  'boîte postale 7',
  'caixa postal 7',
  'Postfach 7',
  'pwd abcDef1!x',
  'pwd=a1b2c3',
  'xoxb-1234567890',
  'AKIAIOSFODNN7EXAMPLE',
  '://x:abc@',
] as const;

/** Samples, and what becomes of them where pieces are cut out, doubled or put elsewhere. */
const texts = fc
  .tuple(
    fc.array(fc.constantFrom(...samples, ' ', ', ', '\n', '"'), { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(60), fc.nat(4), fc.constantFrom('', '1', ' ', 'A', 'é', '0')), { maxLength: 2 }),
  )
  .map(([parts, changes]) =>
    changes.reduce(
      (text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length),
      parts.join(' '),
    ),
  );

it('finds nothing in a text that has fewer digits or characters than a recognizer says', () => {
  const recognizers = createPatternRecognizers();
  const seen = new Set<string>();
  const check = (text: string): void => {
    const scan = createScan(text);
    for (const recognizer of recognizers)
      for (const { type, start, end } of recognizer.find(scan)) {
        const { types, leastDigits = 0, leastLength = 0 } = recognizer;
        seen.add(type);
        // Of a house that is known by its letter nobody knows: addresses are looked for where a digit stands at all.
        if (type === 'STREET_ADDRESS') continue;
        const digits = text.slice(start, end).replace(/[^0-9]/gu, '').length;
        if (digits < leastDigits || end - start < leastLength)
          throw new Error(`${types.join()} found less than it says: ${text.slice(start, end)}`);
      }
  };
  samples.forEach(check);
  fc.assert(fc.property(texts, check), { numRuns: 3_000 });
  const all = recognizers.flatMap(({ types }) => types);
  expect(all.filter((type) => !seen.has(type))).toEqual([]);
});

it('looks for an address in each text that has one', () => {
  const seen = new Set<RegExp>();
  const check = (text: string): void => {
    for (const { pattern, needs } of addressForms) {
      pattern.lastIndex = 0;
      if (!pattern.test(text)) continue;
      seen.add(pattern);
      if (needs?.test(text) === false) throw new Error(`${String(needs)} is not in ${text}`);
    }
  };
  samples.forEach(check);
  fc.assert(fc.property(texts, check), { numRuns: 3_000 });
  expect(addressForms.filter(({ pattern }) => !seen.has(pattern)).map(String)).toEqual([]);
});
