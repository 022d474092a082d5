import { describe, expect, it } from 'vitest';
import { createPreTokenizer } from '../text/pre-tokenizer.ts';
import type { MetadataValue } from './gguf-header.ts';
import { makeTokenizerJson } from './tokenizer-json.ts';

function splitterOf(pre: string): (text: string) => readonly string[] {
  const file: { readonly pre_tokenizer?: unknown } = makeTokenizerJson(
    new Map<string, MetadataValue>([
      ['tokenizer.ggml.model', 'gpt2'],
      ['tokenizer.ggml.pre', pre],
      ['tokenizer.ggml.tokens', ['a']],
      ['tokenizer.ggml.merges', []],
    ]),
  );
  return createPreTokenizer(file.pre_tokenizer);
}

describe('makeTokenizerJson', () => {
  // Recorded with Hugging Face's tokenizers and the pattern of Qwen2's own tokenizer.json.
  it.each([
    [
      "It's DON'T we'LL 2024\n\n  x",
      ['It', "'s", ' DON', "'T", ' we', "'LL", ' ', '2', '0', '2', '4', '\n\n', ' ', ' x'],
    ],
    ['a\u0085\u0085b \ufeff!\n', ['a', '\u0085', '\u0085b', ' \ufeff!\n']],
    ['(é漢) ½²', ['(é漢', ')', ' ', '½', '²']],
  ])('splits %j as qwen2 does', (text, pieces) => {
    expect(splitterOf('qwen2')(text)).toEqual(pieces);
  });

  it('splits digits for smollm and keeps them together for gpt-2', () => {
    expect(splitterOf('smollm')('in 24')).toEqual(['in', ' ', '2', '4']);
    expect(splitterOf('gpt-2')('in 24')).toEqual(['in', ' 24']);
  });
});
