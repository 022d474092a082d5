import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceInText, replaceInValue } from './replace-in-json.ts';

const replace = (text: string): string =>
  text.replaceAll('ann@corp.example', '<EMAIL_1>').replaceAll('4111111111111111', '<CARD_1>');

const deep = (inner: string): string => `${'['.repeat(100_000)}"${inner}"${']'.repeat(100_000)}`;

describe('replaceInText', () => {
  it('replaces in strings, escaped ones too, in names and in numbers, and leaves all else as it was written', () => {
    const text =
      '{ "mail": "ann@corp.example",\n "escaped": "ann\\u0040corp.example", "card": 4111111111111111, "n": 1.0 }';
    expect(replaceInText(text, replace)).toBe(
      '{ "mail": "<EMAIL_1>",\n "escaped": "<EMAIL_1>", "card": "<CARD_1>", "n": 1.0 }',
    );
    expect(replaceInText('{"ann@corp.example":[1e5,-2]}', replace)).toBe('{"<EMAIL_1>":[1e5,-2]}');
  });

  it('replaces in a text that is no JSON object or list as it stands', () => {
    for (const text of ['ann@corp.example', '"ann@corp.example"', '{ann@corp.example}', '12'])
      expect(replaceInText(text, replace)).toBe(replace(text));
  });

  it('takes what is nested too deeply for plain text', () => {
    expect(replaceInText(deep('ann@corp.example'), replace)).toBe(deep('<EMAIL_1>'));
  });

  it('is the same JSON where nothing is replaced, and JSON where all is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue())), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(replaceInText(text, (one) => one)).toBe(text);
        const all = replaceInText(text, (one) => `${one}"\\`);
        expect(() => JSON.parse(all) as unknown).not.toThrow();
      }),
    );
  });
});

describe('replaceInValue', () => {
  it('replaces names and strings at any depth alike, so that a schema stays in agreement with itself', () => {
    const schema = {
      properties: { 'ann@corp.example': { enum: ['ann@corp.example', 3] } },
      required: ['ann@corp.example'],
      minimum: 4_111_111_111_111_111,
    };
    expect(replaceInValue(schema, replace)).toEqual({
      properties: { '<EMAIL_1>': { enum: ['<EMAIL_1>', 3] } },
      required: ['<EMAIL_1>'],
      minimum: 4_111_111_111_111_111,
    });
  });
});
