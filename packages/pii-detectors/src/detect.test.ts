import { describe, expect, it } from 'vitest';
import { detect } from './detect.ts';

const found = (text: string): readonly string[] => detect(text).map(({ type, value }) => `${type} ${value}`);

describe('detect', () => {
  it.each([
    ['Write to anna.schmidt+news@example.co.uk, please.', 'EMAIL anna.schmidt+news@example.co.uk'],
    ['<bob_1@mail.example.com>', 'EMAIL bob_1@mail.example.com'],
    ['?mail=x.y@example.org&z=1', 'EMAIL x.y@example.org'],
    ['card 4111 1111 1111 1111 exp', 'CARD 4111 1111 1111 1111'],
    ['5555-5555-5555-4444', 'CARD 5555-5555-5555-4444'],
    ['amex 378282246310005.', 'CARD 378282246310005'],
    ['2-series 2223003122003222', 'CARD 2223003122003222'],
    ['to DE89 3704 0044 0532 0130 00 today', 'IBAN DE89 3704 0044 0532 0130 00'],
    ['GB82WEST12345698765432', 'IBAN GB82WEST12345698765432'],
    ['from 192.168.10.254, twice', 'IP 192.168.10.254'],
    ['host 2001:db8::ff00:42:8329 is down', 'IP 2001:db8::ff00:42:8329'],
    ['call +49 30 901820 now', 'PHONE +49 30 901820'],
    ['(212) 555-0198 is my number', 'PHONE (212) 555-0198'],
    ['My phone is 2125550198', 'PHONE 2125550198'],
    ['ring 020 7946 0958', 'PHONE 020 7946 0958'],
  ])('finds in %j: %s', (text, expected) => {
    expect(found(text)).toEqual([expected]);
  });

  it.each([
    'version 1.2.3.4 of the build',
    'on 2024-05-17 at 12:30:45',
    'order 4111 1111 1111 1112 was shipped',
    'id 3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'sha 9e107d9d372bb6826bd81d3542a419d6',
    'DE89 3704 0044 0532 0130 01',
    'pi is 3.14159265358979',
    'at 10:30 or 1:2',
    'user@localhost and @mention',
    '300.300.300.300',
    'order number 20240517',
    'between 1990 and 2005',
  ])('leaves %j alone', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('gives offsets in UTF-16 code units, in order and without overlaps', () => {
    const text = '😀 a@b.example, then 4111111111111111';
    const findings = detect(text);
    expect(findings.map(({ start, end }) => text.slice(start, end))).toEqual([
      'a@b.example',
      '4111111111111111',
    ]);
  });

  it.each(['@', '1', '1 ', 'a@', '1.', ':', 'DE89 ', '+1', '(', 'a.b@'])(
    'ends on a megabyte of %j',
    (piece) => {
      expect(detect(piece.repeat(Math.ceil(1_000_000 / piece.length))).length).toBeLessThan(1_000_000);
    },
    30_000,
  );
});
