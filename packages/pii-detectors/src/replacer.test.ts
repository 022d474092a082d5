import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplacer } from './replacer.ts';
import { createRestorer } from './restorer.ts';

describe('createReplacer', () => {
  it('gives the same value the same placeholder in all texts', () => {
    const replacer = createReplacer({ taken: () => false });
    expect(replacer.replace('a@x.example, b@x.example')).toBe('<EMAIL_1>, <EMAIL_2>');
    expect(replacer.replace('again b@x.example')).toBe('again <EMAIL_2>');
    expect(Object.fromEntries(replacer.mapping)).toEqual({
      '<EMAIL_1>': 'a@x.example',
      '<EMAIL_2>': 'b@x.example',
    });
  });

  it('never uses a placeholder that the text has already', () => {
    const replacer = createReplacer({ taken: (placeholder) => placeholder === '<EMAIL_1>' });
    expect(replacer.replace('a@x.example')).toBe('<EMAIL_2>');
  });
});

describe('createRestorer', () => {
  const mapping = new Map([
    ['<EMAIL_1>', 'a@x.example'],
    ['<EMAIL_10>', 'b@x.example'],
    ['<CARD_1>', '4111 1111 1111 1111'],
  ]);
  const pieces = fc.constantFrom(
    '<EMAIL_1>',
    '<EMAIL_10>',
    '<CARD_1>',
    '<',
    '<EMA',
    '_1>',
    '<<',
    'text ',
    'é😀',
    '>',
  );

  it('restores the same text wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(pieces), fc.array(fc.nat()), (parts, cuts) => {
        const text = parts.join('');
        const whole = createRestorer(mapping);
        const expected = whole.push(text) + whole.flush();
        const restorer = createRestorer(mapping);
        const borders = [
          0,
          ...cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b),
          text.length,
        ];
        let restored = '';
        for (let index = 1; index < borders.length; index += 1) {
          restored += restorer.push(text.slice(borders[index - 1], borders[index]));
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
    expect(restorer.push('<CARD_')).toBe('');
    expect(restorer.flush()).toBe('<CARD_');
  });

  it('undoes what a replacer did', () => {
    const text = 'Mail a@x.example from 10.1.2.3 with DE89370400440532013000, call +49 30 901820';
    const replacer = createReplacer({ taken: () => false });
    const replaced = replacer.replace(text);
    expect(replacer.mapping.size).toBe(4);
    const restorer = createRestorer(replacer.mapping);
    expect(restorer.push(replaced) + restorer.flush()).toBe(text);
  });
});
