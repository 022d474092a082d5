import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRestorer } from './restorer.ts';
import { maskerWith } from './testing.fixture.ts';

const mapping = new Map([
  ['EMAIL_1', 'a@x.example'],
  ['EMAIL_10', 'b@x.example'],
  ['CARD_1', '4111 1111 1111 1111'],
]);
const pieces = fc.constantFrom(
  '<EMAIL_1>',
  '__EMAIL_10__',
  '<CARD_1>',
  '_',
  '<',
  '<EMA',
  '_1>',
  '<<',
  'text ',
  'é😀',
  '>',
);

describe('createRestorer', () => {
  it('restores the same text wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(pieces), fc.array(fc.nat()), (parts, cuts) => {
        const text = parts.join('');
        const whole = createRestorer(mapping);
        const expected = whole.push(text) + whole.flush();
        const restorer = createRestorer(mapping);
        const borders = cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b);
        let restored = '';
        let from = 0;
        for (const border of [...borders, text.length]) {
          restored += restorer.push(text.slice(from, border));
          from = border;
        }
        expect(restored + restorer.flush()).toBe(expected);
      }),
    );
  });

  it('holds back no more than the beginning of a placeholder', () => {
    const restorer = createRestorer(mapping);
    expect(restorer.push('to <EMAIL')).toBe('to ');
    expect(restorer.push('_1')).toBe('');
    expect(restorer.push('> and < b')).toBe('a@x.example and < b');
    expect(restorer.push(' x __EMAIL_1')).toBe(' x ');
    expect(restorer.push('__ <CARD_')).toBe('a@x.example ');
    expect(restorer.flush()).toBe('<CARD_');
  });

  it('undoes what a masker did', () => {
    const text =
      'Mail a@x.example from 10.1.2.3 with DE89370400440532013000, https://x.example/?to=b@x.example';
    const masker = maskerWith({});
    const masked = masker.mask(text);
    const restorer = createRestorer(masker.mapping);
    expect(restorer.push(masked) + restorer.flush()).toBe(text);
  });

  const awkward = new Map([['NAME_1', 'Ann "the\\pen"\nSmith']]);
  it.each([
    ['an answer that is JSON', '{"name": "<NAME_1>"}', { name: awkward.get('NAME_1') }],
    ['a list', ' ["<NAME_1>"]', [awkward.get('NAME_1')]],
  ])('escapes originals in strings of %s', (_what, text, value) => {
    const restorer = createRestorer(awkward);
    expect(JSON.parse(restorer.push(text) + restorer.flush())).toEqual(value);
  });

  it('escapes in a block of JSON, and not beside it', () => {
    const restorer = createRestorer(awkward);
    const text = 'Hello <NAME_1>:\n```json\n{"name": "<NAME_1>"}\n```\nsay "<NAME_1>"';
    const name = awkward.get('NAME_1') ?? '';
    const escaped = JSON.stringify(name);
    expect(restorer.push(text) + restorer.flush()).toBe(
      `Hello ${name}:\n\`\`\`json\n{"name": ${escaped}}\n\`\`\`\nsay "${name}"`,
    );
  });
});
