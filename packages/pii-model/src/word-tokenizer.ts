import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { MillraceError } from '@millrace/runtime';
import { readJsonObject } from './read-json.ts';

/** Splits words into the tokens of a model, each word for itself: as `is_split_into_words` does it in transformers. */
export interface WordTokenizer {
  /** @returns at least one token, at most `mostWordTokens` */
  idsOf(word: string): readonly number[];
  /** @returns undefined where it is not one token */
  idOf(token: string): number | undefined;
  /** What stands before and behind all words, such as [CLS] and [SEP]. */
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** No name has words that are longer: of one that has, its beginning says enough. */
const longestWord = 100;
export const mostWordTokens = 16;
const mostKept = 50_000;
const probe = 'a';

/** @throws MillraceError `part_missing`, `model_invalid` */
export async function loadWordTokenizer(folder: string): Promise<WordTokenizer> {
  const file = path.join(folder, 'tokenizer.json');
  const tokenizer = createTokenizer(await readJsonObject(file), file);
  const encode = (text: string, add_special_tokens = false): readonly number[] =>
    tokenizer.encode(text, { add_special_tokens }).ids;
  const [bare, framed] = [encode(probe), encode(probe, true)];
  const start = framed.findIndex((_, index) => bare.every((id, place) => framed[index + place] === id));
  if (bare.length === 0 || start < 0)
    throw new MillraceError('model_invalid', `${file} is a tokenizer that is not supported.`);
  // Of what has no tokens at all, such as a control character.
  const unknown = unknownOf(tokenizer) ?? bare[0] ?? 0;
  const known = new Map<string, readonly number[]>();
  return {
    prefix: framed.slice(0, start),
    suffix: framed.slice(start + bare.length),
    idOf: (token) => tokenizer.token_to_id(token),
    idsOf(word) {
      const found = known.get(word);
      if (found !== undefined) return found;
      const ids = encode(word.slice(0, longestWord).toWellFormed());
      const kept = ids.length === 0 ? [unknown] : ids.slice(0, mostWordTokens);
      // Words come again and again; what is new begins a new list.
      if (known.size >= mostKept) known.clear();
      known.set(word, kept);
      return kept;
    },
  };
}

function createTokenizer(value: Readonly<Record<string, unknown>>, file: string): Tokenizer {
  try {
    return new Tokenizer({ ...value, pre_tokenizer: withPrefixSpace(value['pre_tokenizer']) }, {});
  } catch (error) {
    throw new MillraceError(
      'model_invalid',
      `${file} is a tokenizer that is not supported: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** Tokenizers of bytes tell the beginning of a word by the blank before it, which a word by itself lacks. */
function withPrefixSpace(preTokenizer: unknown): unknown {
  if (typeof preTokenizer !== 'object' || preTokenizer === null) return preTokenizer;
  const { type, pretokenizers } = preTokenizer as {
    readonly type?: unknown;
    readonly pretokenizers?: unknown;
  };
  if (type === 'ByteLevel') return { ...preTokenizer, add_prefix_space: true };
  if (!Array.isArray(pretokenizers)) return preTokenizer;
  return { ...preTokenizer, pretokenizers: pretokenizers.map(withPrefixSpace) };
}

function unknownOf(tokenizer: Tokenizer): number | undefined {
  return ['[UNK]', '<unk>'].map((token) => tokenizer.token_to_id(token)).find((id) => id !== undefined);
}
