import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { createPreTokenizer } from './pre-tokenizer.ts';
import type { TokenizerFile } from './tokenizer-file.ts';

/** How many characters of different pieces (mostly words) are remembered with their tokens. */
const rememberedCharacters = 256 * 1024;
/**
 * What is longer is no word of any language, and is merged in parts: the time that a piece takes grows faster than its length. At the
 * border of two parts there may be a token more.
 */
const longestPiece = 256;

/**
 * Byte-level BPE of text in which nothing is special: the names in `reserved` are no tokens here, whatever the
 * vocabulary says.
 *
 * @returns a function from text to token ids; it stops with the piece in which there are more than `most`
 * @throws MillraceError model_invalid if the pre-tokenizer is not supported
 */
export function createBytePairEncoder(
  file: TokenizerFile,
  reserved: ReadonlySet<string>,
): (text: string, most?: number) => number[] {
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
  let characters = 0;

  const encodePiece = (piece: string): readonly number[] => {
    const known = remembered.get(piece);
    if (known !== undefined) return known;
    const ids = library.encode(piece).ids;
    characters += piece.length;
    if (characters > rememberedCharacters) {
      remembered.clear();
      characters = piece.length;
    }
    remembered.set(piece, ids);
    return ids;
  };

  return (text, most = Infinity) => {
    const ids: number[] = [];
    for (const piece of split(text)) {
      for (const part of partsOf(piece)) {
        for (const id of encodePiece(part)) ids.push(id);
        if (ids.length > most) return ids;
      }
    }
    return ids;
  };
}

function* partsOf(piece: string): Generator<string, void, undefined> {
  for (let start = 0; start < piece.length;) {
    const end = Math.min(piece.length, start + longestPiece);
    const isWithinCharacter = end < piece.length && (piece.codePointAt(end - 1) ?? 0) > 0xffff;
    const border = isWithinCharacter ? end - 1 : end;
    yield piece.slice(start, border);
    start = border;
  }
}
