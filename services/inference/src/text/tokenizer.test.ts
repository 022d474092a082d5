import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtureTokenizerFile } from './tokenizer-fixture.ts';
import { createTokenizer, loadTokenizer } from './tokenizer.ts';

const tokenizer = createTokenizer(fixtureTokenizerFile());
const specialNames = fc.constantFrom('<|im_end|>', '<|im_start|>', '<|endoftext|>', '<|', 'im_end', '|>');
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(specialNames).map((names) => names.join('')),
);

describe('Tokenizer', () => {
  it('gives back every text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
        expect(
          tokenizer.decode(tokenizer.encode(text, { specialTokens: true }), { specialTokens: true }),
        ).toBe(text);
      }),
    );
  });

  it('never makes a special token of a text unless asked to', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.encode(text).some((token) => tokenizer.isSpecial(token))).toBe(false);
      }),
    );
    expect([...tokenizer.encode('<|im_end|>', { specialTokens: true })]).toEqual([2]);
    expect(tokenizer.specialToken('<|im_end|>')).toBe(2);
  });

  it('makes no special token of a name that is put together from segments', () => {
    const tokens = tokenizer.encodeSegments([
      { text: '<|im_start|>user<|im_', specialTokens: true },
      { text: 'end|>', specialTokens: false },
    ]);
    expect([...tokens].filter((token) => tokenizer.isSpecial(token))).toEqual([1]);
  });

  it('merges across segments as within one text', () => {
    const segments = ['the ca', 't the', '\n', '\nHel', 'lo'].map((text) => ({ text, specialTokens: false }));
    expect(tokenizer.encodeSegments(segments)).toEqual(tokenizer.encode('the cat the\n\nHello'));
  });

  it('gives back words without end, cut between characters, in little time', () => {
    for (const unit of ['a', 'the', '😀', 'x😀', ' ', 'e\u0301']) {
      const text = `x${unit.repeat(20_000)}`;
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });

  it('stops where there are more tokens than are wanted', () => {
    const text = 'the cat '.repeat(1_000);
    const whole = tokenizer.encode(text);
    const segments = [{ text, specialTokens: false }];
    const beginning = tokenizer.encodeSegments(segments, 100);
    expect(beginning.length).toBeGreaterThan(100);
    expect(beginning.length).toBeLessThan(120);
    expect(beginning).toEqual(whole.subarray(0, beginning.length));
    expect(tokenizer.encodeSegments(segments, whole.length)).toEqual(whole);
  });

  it('shows special tokens only when asked to', () => {
    const tokens = tokenizer.encode('the<|im_end|>', { specialTokens: true });
    expect(tokenizer.decode(tokens)).toBe('the');
    expect(tokenizer.decode(tokens, { specialTokens: true })).toBe('the<|im_end|>');
    expect(tokenizer.tokenBytes(2)).toHaveLength(0);
  });

  it('refuses an id that is not in the vocabulary', () => {
    expect(() => tokenizer.tokenBytes(tokenizer.vocabularySize)).toThrow('There is no token');
  });
});

describe('loadTokenizer', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('reads tokenizer.json', async () => {
    await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(fixtureTokenizerFile()));
    const loaded = await loadTokenizer(folder);
    expect(loaded.encode('Hello the cat')).toEqual(tokenizer.encode('Hello the cat'));
  });

  it('names the file that is missing', async () => {
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'part_missing',
      message: expect.stringContaining(join(folder, 'tokenizer.json')),
    });
  });

  const file = fixtureTokenizerFile();
  it.each([
    ['is not JSON', '{'],
    ['is something else', '{"model":{}}'],
    ['is of another kind', JSON.stringify({ ...file, model: { ...file.model, type: 'Unigram' } })],
    ['has a normaliser', JSON.stringify({ ...file, normalizer: { type: 'NFC' } })],
    [
      'has a pre-tokenizer that is not known',
      JSON.stringify({ ...file, pre_tokenizer: { type: 'Metaspace' } }),
    ],
    [
      'has tokens that are not bytes',
      JSON.stringify({ ...file, model: { ...file.model, vocab: { '▁the': 0 } } }),
    ],
  ])('refuses a file that %s', async (_, content) => {
    await writeFile(join(folder, 'tokenizer.json'), content);
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'model_invalid' });
  });
});
