import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { bytesOfToken } from './byte-level.ts';
import { createBytePairEncoder } from './byte-pair-encoder.ts';
import { readTokenizerFile, type TokenizerFile } from './tokenizer-file.ts';

/** A piece of text, and whether the names of special tokens in it (such as `<|im_end|>`) stand for those tokens. */
export interface Segment {
  readonly text: string;
  readonly specialTokens: boolean;
}

export interface Tokenizer {
  /** Ids are in `[0, vocabularySize)`. */
  readonly vocabularySize: number;
  /** Bytes of the longest token that text can become. */
  readonly longestTokenBytes: number;
  /**
   * Token ids of a text. By default the name of a special token in it is text like any other, so that nothing that a
   * client writes can become one.
   *
   * Bytes for which the vocabulary has no token (a few control characters in SmolLM2) are left out, as in Hugging
   * Face's tokenizers and llama.cpp.
   */
  encode(text: string, options?: { readonly specialTokens?: boolean }): Int32Array;
  /**
   * Token ids of segments that belong together: the text between two special tokens is encoded as one.
   *
   * @param most where there are more, it stops: what it returns is longer than this, and a beginning of the whole
   */
  encodeSegments(segments: readonly Segment[], most?: number): Int32Array;
  /** The text of tokens; what is not valid UTF-8 becomes U+FFFD. Special tokens have no text unless asked for. */
  decode(tokens: Iterable<number>, options?: { readonly specialTokens?: boolean }): string;
  /**
   * The bytes of one token, which may be a part of a character. The array is shared: it must not be written to.
   *
   * @throws MillraceError internal_error if the id is not in the vocabulary
   */
  tokenBytes(token: number, options?: { readonly specialTokens?: boolean }): Uint8Array;
  isSpecial(token: number): boolean;
  /** The id of a special token by its name, such as `<|im_end|>`. */
  specialToken(name: string): number | undefined;
}

const noBytes = new Uint8Array(0);

/**
 * Reads `tokenizer.json` (byte-level BPE, in Hugging Face's format) from the folder of a model.
 *
 * @throws MillraceError part_missing if there is no such file, model_invalid if it is corrupt or of another kind
 */
export async function loadTokenizer(modelDir: string): Promise<Tokenizer> {
  const path = join(modelDir, 'tokenizer.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MillraceError('part_missing', `The tokenizer of the model cannot be read: ${path}`, {
      cause: error,
    });
  }
  return createTokenizer(readTokenizerFile(text, path));
}

/**
 * @param file what `tokenizer.json` holds
 * @throws MillraceError model_invalid if the vocabulary is not a byte-level one
 */
export function createTokenizer(file: TokenizerFile): Tokenizer {
  const specialIds = new Map(file.added_tokens.map((token) => [token.content, token.id]));
  const specialBytes = new Map(
    file.added_tokens.map((token) => [token.id, new TextEncoder().encode(token.content)]),
  );
  const textual = new Set(file.added_tokens.filter(({ special }) => special === false).map(({ id }) => id));
  const bytesById = readBytes(file, specialIds);
  const encodeOrdinary = createBytePairEncoder(file, new Set(specialIds.keys()));
  const specialPattern = alternation([...specialIds.keys()]);

  const encodeSegments = (segments: readonly Segment[], most = Infinity): Int32Array => {
    const ids: number[] = [];
    let pending = '';
    const flush = (): void => {
      for (const id of encodeOrdinary(pending, most - ids.length)) ids.push(id);
      pending = '';
    };
    for (const segment of segments) {
      if (ids.length > most) break;
      if (!segment.specialTokens || specialPattern === undefined) {
        pending += segment.text;
        continue;
      }
      for (const part of segment.text.split(specialPattern)) {
        const special = specialIds.get(part);
        if (special === undefined) {
          pending += part;
        } else {
          flush();
          ids.push(special);
        }
      }
    }
    flush();
    return Int32Array.from(ids);
  };

  const tokenBytes: Tokenizer['tokenBytes'] = (token, options) => {
    const special = specialBytes.get(token);
    if (special !== undefined)
      return options?.specialTokens === true || textual.has(token) ? special : noBytes;
    const bytes = bytesById[token];
    if (bytes === undefined) throw new MillraceError('internal_error', `There is no token with id ${token}`);
    return bytes;
  };

  return {
    vocabularySize: bytesById.length,
    longestTokenBytes: bytesById.reduce((longest, bytes) => Math.max(longest, bytes?.length ?? 0), 1),
    encode: (text, options) => encodeSegments([{ text, specialTokens: options?.specialTokens === true }]),
    encodeSegments,
    decode: (tokens, options) => {
      const parts: Uint8Array[] = [];
      for (const token of tokens) parts.push(tokenBytes(token, options));
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(parts));
    },
    tokenBytes,
    isSpecial: (token) => specialBytes.has(token),
    specialToken: (name) => specialIds.get(name),
  };
}

function readBytes(file: TokenizerFile, specialIds: ReadonlyMap<string, number>): (Uint8Array | undefined)[] {
  const ids = [...Object.values(file.model.vocab), ...specialIds.values()];
  const size = ids.reduce((largest, id) => Math.max(largest, id), -1) + 1;
  const bytesById: (Uint8Array | undefined)[] = Array.from({ length: size });
  for (const [token, id] of Object.entries(file.model.vocab)) {
    if (specialIds.has(token)) continue;
    const bytes = bytesOfToken(token);
    if (bytes === undefined) {
      throw new MillraceError('model_invalid', `Token ${id} of tokenizer.json is not byte-level`);
    }
    bytesById[id] = bytes;
  }
  return bytesById;
}

/** A pattern that splits a text at any of the names and keeps them; the longest name wins. */
function alternation(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined;
  const longestFirst = names.toSorted((a, b) => b.length - a.length).map(escape);
  return new RegExp(`(${longestFirst.join('|')})`, 'u');
}

function escape(name: string): string {
  return name.replace(/[$()*+./?[\\\]^{|}]/gu, String.raw`\$&`);
}
