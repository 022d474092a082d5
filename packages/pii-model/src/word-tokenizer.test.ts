import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadWordTokenizer, mostWordTokens } from './word-tokenizer.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function load(value: object) {
  await writeFile(path.join(folder, 'tokenizer.json'), JSON.stringify(value));
  return loadWordTokenizer(folder);
}

const vocab = (...tokens: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

/** As RoBERTa has it: the blank before a word is a part of its first token. */
const bytes = {
  added_tokens: ['<s>', '</s>'].map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: {
    type: 'RobertaProcessing',
    sep: ['</s>', 1],
    cls: ['<s>', 0],
    trim_offsets: true,
    add_prefix_space: false,
  },
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: vocab('<s>', '</s>', 'a', 'd', 'Ġ', 'Ġa'), merges: ['Ġ a'] },
};

/** As DeBERTa and XLM-R have it. */
const unigram = {
  added_tokens: ['[CLS]', '[SEP]', '[UNK]'].map((content, id) => ({
    id,
    content,
    special: true,
    normalized: false,
  })),
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [0], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [1], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  model: {
    type: 'Unigram',
    unk_id: 2,
    vocab: [
      ['[CLS]', 0],
      ['[SEP]', 0],
      ['[UNK]', -10],
      ['▁', -3],
      ['▁a', -1],
      ['a', -2],
      ['d', -2],
    ],
  },
};

describe('loadWordTokenizer', () => {
  it('splits each word as one that stands behind a blank', async () => {
    const tokenizer = await load(bytes);
    expect([tokenizer.prefix, tokenizer.suffix]).toEqual([[0], [1]]);
    expect(tokenizer.idsOf('ad')).toEqual([5, 3]);
  });

  it('reads tokenizers of SentencePiece, and what they do not know', async () => {
    const tokenizer = await load(unigram);
    expect([tokenizer.prefix, tokenizer.suffix]).toEqual([[0], [1]]);
    expect(tokenizer.idsOf('ad')).toEqual([4, 6]);
    expect(tokenizer.idsOf('日').at(-1)).toBe(2);
    expect(tokenizer.idsOf('\ud800').length).toBeGreaterThan(0);
    expect([tokenizer.idOf('[SEP]'), tokenizer.idOf('<<ENT>>')]).toEqual([1, undefined]);
  });

  it('takes the beginning of a word that is longer than any name', async () => {
    expect((await load(unigram)).idsOf('d'.repeat(1_000_000))).toHaveLength(mostWordTokens);
  });
});
