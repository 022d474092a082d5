import { byteCharacters } from './byte-level.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

const specials = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const mergedWords = ['the', 'Ġthe', 'Ġcat', 'user', 'Hello', 'ĠĠ', 'ĊĊ', '<|'];

/** For tests: a small vocabulary in the shape of SmolLM2's: special tokens, all bytes, and a few words with their merges. */
export function fixtureTokenizerFile(): TokenizerFile {
  const tokens = [...specials, ...byteCharacters];
  const merges: [string, string][] = [];
  for (const word of mergedWords) {
    for (let length = 2; length <= word.length; length++) {
      const merged = word.slice(0, length);
      if (tokens.includes(merged)) continue;
      tokens.push(merged);
      merges.push([word.slice(0, length - 1), word.slice(length - 1, length)]);
    }
  }
  return {
    added_tokens: specials.map((content, id) => ({ id, content })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
}
