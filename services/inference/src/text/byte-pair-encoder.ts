import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { createPreTokenizer } from './pre-tokenizer.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** How many different pieces (mostly words) are remembered with their tokens, and how long one may be. */
const rememberedPieces = 32_768;
const longestRememberedPiece = 64;

/**
 * Byte-level BPE of text in which nothing is special: the names in `reserved` are no tokens here, whatever the
 * vocabulary says.
 *
 * @returns a function from text to token ids
 * @throws MillraceError model_invalid if the pre-tokenizer is not supported
 */
export function createBytePairEncoder(
  file: TokenizerFile,
  reserved: ReadonlySet<string>,
): (text: string) => number[] {
  const split = createPreTokenizer(file.pre_tokenizer);
  const vocab = Object.fromEntries(
    Object.entries(file.model.vocab).filter(([token]) => !reserved.has(token)),
  );
  const library = new HuggingFaceTokenizer(
    {
      ...file,
      added_tokens: [],
      normalizer: null,
      post_processor: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
      model: { ...file.model, vocab },
    },
    {},
  );
  const remembered = new Map<string, readonly number[]>();

  const encodePiece = (piece: string): readonly number[] => {
    const known = remembered.get(piece);
    if (known !== undefined) return known;
    const ids = library.encode(piece).ids;
    if (piece.length <= longestRememberedPiece) {
      if (remembered.size >= rememberedPieces) remembered.clear();
      remembered.set(piece, ids);
    }
    return ids;
  };

  return (text) => {
    const ids: number[] = [];
    for (const piece of split(text)) for (const id of encodePiece(piece)) ids.push(id);
    return ids;
  };
}
