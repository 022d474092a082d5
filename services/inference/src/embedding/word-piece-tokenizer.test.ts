import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import fastCheck from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureTokenizer } from './bert-fixture.ts';
import { textPieces } from './text-pieces.ts';
import { loadWordPieceTokenizer } from './word-piece-tokenizer.ts';

const tokenizerClass = HuggingFaceTokenizer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-wordpiece-'));
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(fixtureTokenizer));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const [unknown, first, last, the, cat, plural] = [1, 2, 3, 5, 6, 7];

describe('the tokens of a text', () => {
  it('are framed, lower-cased and split into parts of words', async () => {
    const tokenize = await loadWordPieceTokenizer(folder, 10);
    expect(tokenize('The CATS')).toEqual({ ids: [first, the, cat, plural, last], truncated: false });
    expect(tokenize('dog')).toEqual({ ids: [first, unknown, last], truncated: false });
    expect(tokenize(' \n')).toEqual({ ids: [first, last], truncated: false });
  });

  it('end at the limit, which counts the frame', async () => {
    const tokenize = await loadWordPieceTokenizer(folder, 5);
    expect(tokenize('cat cat cat')).toEqual({ ids: [first, cat, cat, cat, last], truncated: false });
    expect(tokenize('cat cat cat cat')).toEqual({ ids: [first, cat, cat, cat, last], truncated: true });
  });

  it('are found as fast in a text of a megabyte as in one that is just too long', async () => {
    const tokenize = await loadWordPieceTokenizer(folder, 256);
    const startedAt = performance.now();
    for (const text of ['the cats sat. ', '日本', 'x', 'a,b']) {
      expect(tokenize(text.repeat(1_000_000 / text.length)).truncated).toBe(text !== 'x');
    }
    // Splitting all of the four takes about eight seconds.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('the pieces of a text', () => {
  const library = new tokenizerClass(fixtureTokenizer, {});
  const split = (text: string): number[] => library.encode(text, { add_special_tokens: false }).ids;

  it('have the tokens of the whole', () => {
    const parts = ['the', 'cat', 's', ' ', '\n', '日', '本', '.', '!', '[', ']', '[SEP]', 'é', '\u0301', 'x'];
    fastCheck.assert(
      fastCheck.property(
        fastCheck.array(fastCheck.constantFrom(...parts, '\u{1f600}', '\ufeff', '\u00a0'), { maxLength: 40 }),
        (chosen) => {
          const text = chosen.join('');
          // Runs that nothing divides are cut only past the length of a word, which is longer than these texts.
          const longest = Math.max(8, ...text.split(/[ \n.!\]日本]/u).map((run) => run.length + 1));
          expect([...textPieces(text, longest)].flatMap(split)).toEqual(split(text));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leave out what a word that is too long goes on with', () => {
    const text = `cat ${'x'.repeat(5_000)} cat`;
    const pieces = [...textPieces(text, 1_000)];
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(1_000);
    expect(pieces.flatMap(split)).toEqual(split(text));
    expect([...textPieces('x'.repeat(5_000), 1_000)].flatMap(split)).toEqual([unknown]);
  });
});

it('says what is wrong with a tokenizer', async () => {
  await expect(loadWordPieceTokenizer(path.join(folder, 'absent'), 9)).rejects.toMatchObject({
    code: 'part_missing',
  });
  for (const content of ['no JSON', '{"model":{"type":"BPE"}}', 'null']) {
    const other = await mkdtemp(path.join(folder, 'other-'));
    await writeFile(path.join(other, 'tokenizer.json'), content);
    await expect(loadWordPieceTokenizer(other, 9)).rejects.toMatchObject({ code: 'model_invalid' });
  }
});
