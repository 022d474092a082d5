import { MillraceError } from '@millrace/runtime';
import type { MetadataValue } from './gguf-header.ts';

/** Values of `tokenizer.ggml.token_type`. */
const controlToken = 3;
const userDefinedToken = 4;

/** GPT-2's pattern, which `use_regex` stands for. */
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
const digitsThenByteLevel = {
  type: 'Sequence',
  pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel],
};
const qwen2Pattern = String.raw`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const qwen2 = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: qwen2Pattern }, behavior: 'Isolated', invert: false },
    { ...byteLevel, use_regex: false },
  ],
};

/** How llama.cpp splits text before merging, for each `tokenizer.ggml.pre` that is supported (`llama-vocab.cpp`). */
const preTokenizers: ReadonlyMap<string, object> = new Map<string, object>([
  ['smollm', digitsThenByteLevel],
  ['starcoder', digitsThenByteLevel],
  ['refact', digitsThenByteLevel],
  ['codeshell', digitsThenByteLevel],
  ['gpt-2', byteLevel],
  ['qwen2', qwen2],
  ['deepseek-r1-qwen', qwen2],
]);

/**
 * The vocabulary and merges of a GGUF file in Hugging Face's `tokenizer.json` format.
 *
 * @throws MillraceError `model_invalid` for a tokenizer that is not byte-level BPE, or whose splitting is not known
 */
export function makeTokenizerJson(metadata: ReadonlyMap<string, MetadataValue>): object {
  const model = metadata.get('tokenizer.ggml.model');
  if (model !== 'gpt2') throw invalid(`The tokenizer model ${String(model)} is not supported; gpt2 is.`);
  const splitting = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2';
  const preTokenizer = preTokenizers.get(String(splitting));
  if (preTokenizer === undefined) {
    throw invalid(
      `The pre-tokenizer ${String(splitting)} is not supported; supported are ${[...preTokenizers.keys()].join(', ')}.`,
    );
  }
  const tokens = readStrings(metadata, 'tokenizer.ggml.tokens');
  const merges = readStrings(metadata, 'tokenizer.ggml.merges');
  const types = metadata.get('tokenizer.ggml.token_type');
  const typeOf = (id: number): unknown => (Array.isArray(types) ? types[id] : undefined);
  const added = tokens
    .map((content, id) => ({ id, content, type: typeOf(id) }))
    .filter(({ type }) => type === controlToken || type === userDefinedToken)
    .map(({ id, content, type }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: type === controlToken,
    }));
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(splitMerge),
    },
  };
}

/** A merge is two tokens with a space between; byte-level tokens never contain one. */
function splitMerge(merge: string): [string, string] {
  const [left, right, ...rest] = merge.split(' ');
  if (left === undefined || right === undefined || rest.length > 0) {
    throw invalid('The GGUF file is corrupt: a merge of its tokenizer does not have two parts.');
  }
  return [left, right];
}

function readStrings(metadata: ReadonlyMap<string, MetadataValue>, key: string): readonly string[] {
  const values = metadata.get(key);
  if (!Array.isArray(values)) throw invalid(`The metadata of the GGUF file has no ${key}.`);
  return values.map(String);
}

function invalid(message: string): MillraceError {
  return new MillraceError('model_invalid', message);
}
