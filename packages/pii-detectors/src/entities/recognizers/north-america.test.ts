import { describe, expect, it } from 'vitest';
import { foundIn } from '../found.fixture.ts';

describe('numbers of the USA and Canada', () => {
  it.each([
    ['SSN: 536-22-8726', 'US_SSN 536-22-8726'],
    ['(ssn 536 22 8726)', 'US_SSN 536 22 8726'],
    ['social security number is 536228726.', 'US_SSN 536228726'],
    ['id 536-22-8726', 'US_SSN 536-22-8726'],
    ['ITIN 912-70-1234', 'US_ITIN 912-70-1234'],
    ['passport no. 524688299', 'US_PASSPORT 524688299'],
    ['Passport: C03005988', 'US_PASSPORT C03005988'],
    ['ABA routing number 021000021', 'ABA_ROUTING_NUMBER 021000021'],
    ['checking account 6668450820', 'US_BANK_NUMBER 6668450820'],
    ["driver's license D1234567", 'US_DRIVER_LICENSE D1234567'],
    ['SIN 130 692 544', 'CA_SIN 130 692 544'],
    ['social insurance number 130692544', 'CA_SIN 130692544'],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it('gives each of two numbers the word before it', () => {
    expect(foundIn('Routing number 021000021, account number 120706955444')).toEqual([
      'ABA_ROUTING_NUMBER 021000021',
      'US_BANK_NUMBER 120706955444',
    ]);
  });

  it.each([
    'SSN 000-12-3456',
    'SSN 666-12-3456',
    '536-00-8726',
    '536-22-0000',
    'order 536228726',
    'number 021000022',
    'tracking 575961793336',
    'a total of 536228726 bytes',
    'SIN 130 692 545',
    'passport photo 35x45',
    'x536-22-8726-9',
    '1.536-22-8726',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
