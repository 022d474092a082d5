import { describe, expect, it } from 'vitest';
import { passesVerhoeff } from '../checksums/verhoeff.ts';
import { foundIn, valuesIn } from '../found.fixture.ts';

describe('numbers of India, Brazil and Australia', () => {
  it.each([
    ['Aadhaar 2341 2341 2346', 'IN_AADHAAR 2341 2341 2346'],
    ['PAN ABCPE1234F', 'IN_PAN ABCPE1234F'],
    ['CPF 111.444.777-35', 'BR_CPF 111.444.777-35'],
    ['cpf: 11144477735', 'BR_CPF 11144477735'],
    ['CNPJ 11.222.333/0001-81', 'BR_CNPJ 11.222.333/0001-81'],
    ['TFN 123 456 782', 'AU_TFN 123 456 782'],
    ['ABN 51 824 753 556', 'AU_ABN 51 824 753 556'],
    ['Medicare card 2123 45670 1', 'AU_MEDICARE 2123 45670 1'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it.each([
    'Aadhaar 2341 2341 2347',
    'PAN ABCDE1234F9',
    'CPF 111.444.777-36',
    'CPF 111.111.111-11',
    'CNPJ 11.222.333/0001-82',
    'TFN 123 456 783',
    'shipment 234123412346',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });

  it('checks by Verhoeff', () => {
    expect(passesVerhoeff('2363')).toBe(true);
    expect(passesVerhoeff('2365')).toBe(false);
  });

  it.each([
    ['ABN 51 824 753 557', 'AU_ABN'],
    ['Medicare card 2123 45671 1', 'AU_MEDICARE'],
  ] as const)('does not take %j for %s, whatever else it may be', (text, type) => {
    expect(valuesIn(text, type)).toEqual([]);
  });
});
