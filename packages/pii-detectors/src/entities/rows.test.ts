import { describe, expect, it } from 'vitest';
import { foundIn, valuesIn } from './found.fixture.ts';

const values = {
  US_SSN: ['ssn', '536228726'],
  CREDIT_CARD: ['card', '4012888888881881'],
  IBAN_CODE: ['iban', 'DE89370400440532013000'],
  UK_NHS: ['nhs', '9434765919'],
  UK_NINO: ['nino', 'JG103759A'],
  DE_TAX_ID: ['steuer_id', '86095742719'],
  FR_NIR: ['nir', '255081416802538'],
  ES_NIF: ['dni', '12345678Z'],
  IT_FISCAL_CODE: ['codice_fiscale', 'RSSMRA85T10A562S'],
  BR_CPF: ['cpf', '52998224725'],
  PHONE_NUMBER: ['tel', '+14155552671'],
  IP_ADDRESS: ['ip', '203.0.113.7'],
  DATE_OF_BIRTH: ['dob', '1962-11-09'],
} as const;

describe('rows of a table', () => {
  const cases = Object.entries(values).flatMap(([type, [column, value]]) =>
    [',', ';', '\t', '|'].map((separator) => ({ type, column, value, separator })),
  );
  it.each(cases)('has $type between cells parted by $separator', ({ type, column, value, separator }) => {
    for (const next of ['Paris', '7', '42', '123', '1200.50']) {
      const table = ['id', column, 'next'].join(separator) + `\n7${separator}${value}${separator}${next}\n`;
      expect(valuesIn(table, type as keyof typeof values)).toEqual([value]);
    }
  });

  it.each([
    ['[4111111111111111,5500000000000004]', 'CREDIT_CARD 4111111111111111', 'CREDIT_CARD 5500000000000004'],
    ['ssn:536228726,name:x', 'US_SSN 536228726'],
    ['SSN 536-22-8726.Next', 'US_SSN 536-22-8726'],
  ])('finds without blanks in %j: %s', (text, ...expected) => {
    expect(foundIn(text)).toEqual(expected);
  });

  it.each([
    'TFN 123456782,50 dollars',
    'total 301 234 567,89',
    '4111111111111111,50 EUR',
    'card_4111111111111111.pdf',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
