import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { MillraceError } from '@millrace/runtime';
import { textPieces } from './text-pieces.ts';

export const tokenizerFileName = 'tokenizer.json';

/** BERT's tokens of one text. */
export interface TokenizedText {
  /** `[CLS]`, the text, `[SEP]`. */
  readonly ids: readonly number[];
  /** Whether the text went on past the limit, and its end is not in `ids`. */
  readonly truncated: boolean;
}

export type WordPieceTokenizer = (text: string) => TokenizedText;

/** Far more than the longest word that can be known, and few of them hold as many tokens as are used. */
const pieceLength = 512;
/** `[CLS]` and `[SEP]` */
const framingTokens = 2;

/**
 * Reads `tokenizer.json` (WordPiece, in Hugging Face's format). As in sentence-transformers, the name of a special
 * token in a text is that token.
 *
 * @param maxTokens the most tokens of a text, `[CLS]` and `[SEP]` included
 * @throws MillraceError `part_missing` if there is no such file, `model_invalid` if it is corrupt or of another kind
 */
export async function loadWordPieceTokenizer(folder: string, maxTokens: number): Promise<WordPieceTokenizer> {
  const file = path.join(folder, tokenizerFileName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new MillraceError('part_missing', `The tokenizer of the model cannot be read: ${file}.`, {
      cause: error,
    });
  }
  const library = createLibraryTokenizer(text, file);
  const first = library.token_to_id('[CLS]');
  const last = library.token_to_id('[SEP]');
  if (first === undefined || last === undefined)
    throw new MillraceError('model_invalid', `${file} has no [CLS] and [SEP].`);

  return (content) => {
    const room = maxTokens - framingTokens;
    const ids: number[] = [];
    for (const piece of textPieces(content, pieceLength)) {
      for (const id of library.encode(piece, { add_special_tokens: false }).ids) ids.push(id);
      if (ids.length > room) break;
    }
    return { ids: [first, ...ids.slice(0, room), last], truncated: ids.length > room };
  };
}

function createLibraryTokenizer(text: string, file: string): HuggingFaceTokenizer {
  let value: { readonly model?: { readonly type?: unknown } } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (error) {
    throw new MillraceError('model_invalid', `${file} is not JSON.`, { cause: error });
  }
  if (value?.model?.type !== 'WordPiece')
    throw new MillraceError('model_invalid', `${file} is not a WordPiece tokenizer.`);
  try {
    return new HuggingFaceTokenizer(value, {});
  } catch (error) {
    throw new MillraceError('model_invalid', `${file} is a tokenizer that is not supported.`, {
      cause: error,
    });
  }
}
