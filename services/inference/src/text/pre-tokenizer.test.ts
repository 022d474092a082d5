import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPreTokenizer } from './pre-tokenizer.ts';
import { fixtureTokenizerFile } from './tokenizer-fixture.ts';

const split = createPreTokenizer(fixtureTokenizerFile().pre_tokenizer);

describe('createPreTokenizer', () => {
  it.each([
    ["Hello world, don't  stop", ['Hello', ' world', ',', ' don', "'t", ' ', ' stop']],
    ['in 2024', ['in', ' ', '2', '0', '2', '4']],
    ['x² ½ ٣٤', ['x', '²', ' ', '½', ' ', '٣', '٤']],
    ['a\u0085\u0085b', ['a', '\u0085', '\u0085', 'b']],
    ['\ufeff# a', ['\ufeff#', ' a']],
    ['end \n\n', ['end', ' \n\n']],
  ])('splits %j as the reference does', (text, pieces) => {
    expect(split(text)).toEqual(pieces);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(split(text).join('')).toBe(text);
      }),
    );
  });

  it('takes the pattern of an isolating Split', () => {
    const byLetter = createPreTokenizer({
      type: 'Split',
      pattern: { Regex: '\\p{L}' },
      behavior: 'Isolated',
      invert: false,
    });
    expect(byLetter('a1b')).toEqual(['a', '1', 'b']);
  });

  it('has the white space of Unicode for that of a pattern', () => {
    const byWord = createPreTokenizer({
      type: 'Split',
      pattern: { Regex: String.raw`\S+|[\s]+(?!\S)|\s` },
      behavior: 'Isolated',
    });
    expect(byWord('a\ufeffb\u0085\u0085 c')).toEqual(['a\ufeffb', '\u0085\u0085', ' ', 'c']);
  });

  it.each([
    { type: 'Metaspace' },
    { type: 'ByteLevel', add_prefix_space: true },
    { type: 'Split', pattern: { Regex: ' ' }, behavior: 'Removed' },
    { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' },
    null,
  ])('refuses %j', (preTokenizer) => {
    expect(() => createPreTokenizer(preTokenizer)).toThrow(
      expect.objectContaining({ code: 'model_invalid' }),
    );
  });
});
