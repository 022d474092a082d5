import fc from 'fast-check';
import { scrubWith } from './pii.fixture.ts';
import { describe, expect, it } from 'vitest';
import { scrubJsonText, scrubJsonValue } from './scrub-json.ts';

const replace = (text: string): string =>
  text.replaceAll('ann@corp.example', '<EMAIL_1>').replaceAll('4111111111111111', '<CARD_1>');

describe('scrubJsonText', () => {
  it('replaces in strings, escaped ones too, in names and in numbers, and leaves all else as it was written', () => {
    const text =
      '{ "mail": "ann@corp.example",\n "escaped": "ann\\u0040corp.example", "card": 4111111111111111, "n": 1.0 }';
    expect(scrubJsonText(text, replace)).toBe(
      '{ "mail": "<EMAIL_1>",\n "escaped": "<EMAIL_1>", "card": "<CARD_1>", "n": 1.0 }',
    );
    expect(scrubJsonText('{"ann@corp.example":[1e5,-2]}', replace)).toBe('{"<EMAIL_1>":[1e5,-2]}');
  });

  it('leaves a text that is no JSON object or list to others', () => {
    for (const text of ['ann@corp.example', '"ann@corp.example"', '{ann@corp.example}', '12'])
      expect(scrubJsonText(text, replace)).toBeUndefined();
  });

  it('is the same JSON where nothing is replaced, and JSON where all is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(scrubJsonText(text, (one) => one)).toBe(text);
        const all = scrubJsonText(text, (one) => `${one}"\\`);
        expect(() => JSON.parse(all ?? '') as unknown).not.toThrow();
      }),
    );
  });
});

describe('scrubJsonValue', () => {
  it('replaces names and strings at any depth alike, so that a schema stays in agreement with itself', () => {
    const schema = {
      properties: { 'ann@corp.example': { enum: ['ann@corp.example', 3] } },
      required: ['ann@corp.example'],
      minimum: 4_111_111_111_111_111,
    };
    expect(scrubJsonValue(schema, replace)).toEqual({
      properties: { '<EMAIL_1>': { enum: ['<EMAIL_1>', 3] } },
      required: ['<EMAIL_1>'],
      minimum: 4_111_111_111_111_111,
    });
  });
});

it('knows by the names of fields what their values are', () => {
  const text =
    '{"phone": ["2125550198", 2125550199], "born": {"date_of_birth": "1984-03-27"}, "ssn": 536228726, "password": "hunter2Xy", "n": 2125550198}';
  const { content, counts } = scrubWith({ messages: [{ role: 'user', content: text }], stop: [] });
  expect(JSON.parse(content.messages[0]?.content ?? '')).toEqual({
    phone: ['<PHONE_1>', '<PHONE_2>'],
    born: { date_of_birth: '<DATE_OF_BIRTH_1>' },
    ssn: '<US_SSN_1>',
    password: '<SECRET_1>',
    n: 2_125_550_198,
  });
  expect(counts.map(({ count }) => count)).toEqual([1, 2, 1, 1]);
});
