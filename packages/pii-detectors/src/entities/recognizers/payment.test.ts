import { describe, expect, it } from 'vitest';
import { keccak256 } from '../checksums/keccak256.ts';
import { foundIn } from '../found.fixture.ts';

describe('cards, accounts and crypto addresses', () => {
  it.each([
    ['card 4111 1111 1111 1111 exp', 'CREDIT_CARD 4111 1111 1111 1111'],
    ['5555-5555-5555-4444', 'CREDIT_CARD 5555-5555-5555-4444'],
    ['amex 378282246310005.', 'CREDIT_CARD 378282246310005'],
    ['2-series 2223003122003222', 'CREDIT_CARD 2223003122003222'],
    ['diners 3056 930902 5904', 'CREDIT_CARD 3056 930902 5904'],
    ['{"card":"6011111111111117"}', 'CREDIT_CARD 6011111111111117'],
    ['a;4111111111111111;b', 'CREDIT_CARD 4111111111111111'],
    ['to DE89 3704 0044 0532 0130 00 today', 'IBAN_CODE DE89 3704 0044 0532 0130 00'],
    ['GB82WEST12345698765432', 'IBAN_CODE GB82WEST12345698765432'],
    ['btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'CRYPTO 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
    ['3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', 'CRYPTO 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy'],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'CRYPTO bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    ['to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', 'CRYPTO 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'],
    [
      'eth wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
      'CRYPTO 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    ],
  ])('finds in %j: %s', (text, expected) => {
    expect(foundIn(text)).toEqual([expected]);
  });

  it.each([
    'order 4111 1111 1111 1112 was shipped',
    'card 0000 0000 0000 0000',
    'id 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'DE89 3704 0044 0532 0130 01',
    '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb',
    'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
    'to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD',
    'dump 0x6494ca97ab2c2fa8170b17da8b36d8e700fccb83',
    'commit e539d3f42a2afead4d628bf9483484261a8aeaad',
    'pi is 3.14159265358979323846',
    'ISBN-13 978-2-440-08917-3',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });

  it('hashes as Ethereum does', () => {
    expect(Buffer.from(keccak256('')).toString('hex')).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });
});
