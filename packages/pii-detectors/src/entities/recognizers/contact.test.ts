import { describe, expect, it } from 'vitest';
import { foundIn } from '../found.fixture.ts';

describe('e-mail addresses, URLs and phone numbers', () => {
  it.each([
    ['Write to anna.schmidt+news@example.co.uk, please.', 'EMAIL_ADDRESS anna.schmidt+news@example.co.uk'],
    ['<bob_1@mail.example.com>', 'EMAIL_ADDRESS bob_1@mail.example.com'],
    ['?mail=x.y@example.org&z=1', 'EMAIL_ADDRESS x.y@example.org'],
    [
      "o'brien@corp.example and 'ada@corp.example'",
      "EMAIL_ADDRESS o'brien@corp.example",
      'EMAIL_ADDRESS ada@corp.example',
    ],
    ['?mail=ada.moyo%40corp.example&z=1', 'EMAIL_ADDRESS ada.moyo%40corp.example'],
    ['Call 07700 900123.Thanks', 'PHONE_NUMBER 07700 900123'],
    ['jürgen@münchen.example', 'EMAIL_ADDRESS jürgen@münchen.example'],
    ['see https://example.com:8443/a/b?c=d#e.', 'URL https://example.com:8443/a/b?c=d#e'],
    ['(http://example.com/a_(b))', 'URL http://example.com/a_(b)'],
    ['www.example.com/~ada', 'URL www.example.com/~ada'],
    ['at example.com/in/ada-moyo, say', 'URL example.com/in/ada-moyo'],
    ['call +49 30 901820 now', 'PHONE_NUMBER +49 30 901820'],
    ['(212) 555-0198 is my number', 'PHONE_NUMBER (212) 555-0198'],
    ['My phone is 2125550198', 'PHONE_NUMBER 2125550198'],
    ['ring 020 7946 0958', 'PHONE_NUMBER 020 7946 0958'],
    ['+44 (0)20 7946 0958', 'PHONE_NUMBER +44 (0)20 7946 0958'],
    ['0033 1 23 45 67 89', 'PHONE_NUMBER 0033 1 23 45 67 89'],
    ['tel. 01.23.45.67.89', 'PHONE_NUMBER 01.23.45.67.89'],
    ['office 212-555-0198 x123', 'PHONE_NUMBER 212-555-0198 x123'],
    ['Llámame al 612 34 56 78', 'PHONE_NUMBER 612 34 56 78'],
    ['Handynummer 0151 23456789', 'PHONE_NUMBER 0151 23456789'],
    ['celular (11) 96123-4567', 'PHONE_NUMBER (11) 96123-4567'],
  ])('finds in %j: %s', (text, ...expected) => {
    expect(foundIn(text)).toEqual(expected);
  });

  it('finds them in tables and INSERT statements by their labels', () => {
    expect(foundIn('id,name,phone\n17,x,2125550198\n18,y,2125550199')).toEqual([
      'PHONE_NUMBER 2125550198',
      'PHONE_NUMBER 2125550199',
    ]);
    expect(foundIn("INSERT INTO t (a, ssn) VALUES ('x, y', '536228726')")).toEqual(['US_SSN 536228726']);
  });

  it('takes what stands directly beside personal data for personal data', () => {
    expect(foundIn('536-22-8726 07413784884')).toEqual(['US_SSN 536-22-8726', 'PHONE_NUMBER 07413784884']);
    expect(foundIn('07413784884')).toEqual([]);
  });

  it.each([
    'user@localhost and @mention',
    'npm i @scope/name@1.2.3',
    'Open config.ai and app.ts, or index.pl',
    'std::vector<a> and/or b',
    'on 2024-05-17 12:30:45',
    'between 1990 and 2005, 1990-2005',
    'order number 20240517',
    'phone model 4.25.5.102',
    '$7,285.91 or 6.767905107698',
    'coordinates 52.520008, 13.404954',
    'sha 9e107d9d372bb6826bd81d3542a419d6',
    'a phone of type ###-###-####',
    'The mean of 2633797541, 5399933844 and 142446453 overflows',
    '1 2 3 4 5 6 7 8 9 10',
    'queue depth 244818183',
    'integrity="sha512-ujhOb6n4WUzqF3klp6oM1Dj2aqIwtVk5/naQ6jQzOgc9="',
  ])('leaves %j alone', (text) => {
    expect(foundIn(text)).toEqual([]);
  });
});
