import { describe, expect, it } from 'vitest';
import { foundIn, valuesIn } from '../found.fixture.ts';

describe('numbers of European countries', () => {
  it.each([
    ['NHS number 943 476 5919', 'UK_NHS 943 476 5919'],
    ['nhs no: 9434765919', 'UK_NHS 9434765919'],
    ['NI number AB 12 34 56 C', 'UK_NINO AB 12 34 56 C'],
    ['she is AB123456C', 'UK_NINO AB123456C'],
    ['Steuer-ID 86 095 742 719', 'DE_TAX_ID 86 095 742 719'],
    ['Steueridentifikationsnummer: 65929970489', 'DE_TAX_ID 65929970489'],
    ['n° de sécurité sociale 2 55 08 14 168 025 38', 'FR_NIR 2 55 08 14 168 025 38'],
    ['255081416802538', 'FR_NIR 255081416802538'],
    ['DNI 12345678Z', 'ES_NIF 12345678Z'],
    ['12345678-Z', 'ES_NIF 12345678-Z'],
    ['NIE X1234567L', 'ES_NIE X1234567L'],
    ['codice fiscale RSSMRA85T10A562S', 'IT_FISCAL_CODE RSSMRA85T10A562S'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it.each([
    'BG123456A',
    'AB123456E',
    'Steuer-ID 12345678901',
    '2 55 08 14 168 025 39',
    '12345678A',
    'X1234567M',
    'RSSMRA85T10A562T',
    'The mean of 9434765919 and 4010232137',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });

  it.each([
    ['NHS number 943 476 5918', 'UK_NHS'],
    ['Steuer-ID 86 095 742 718', 'DE_TAX_ID'],
  ] as const)('does not take %j for %s, whatever else it may be', (text, type) => {
    expect(valuesIn(text, type)).toEqual([]);
  });
});
