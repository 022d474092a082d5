import { byteCharacters } from '../../text/byte-level.ts';
import type { TokenBytes } from '../../engine/token-text.ts';

/** The tokens of a model, as xgrammar reads them. */
export interface EncodedVocabulary {
  /** By id, in the byte alphabet of GPT-2; an empty one never stands in an answer that has a form. */
  readonly tokens: readonly string[];
  readonly endTokens: readonly number[];
}

/** Bytes that are in no UTF-8, which xgrammar does not know of all. */
const foreign = new Set([0xc0, 0xc1, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff]);

/**
 * @param size number of logits of a row
 * @param tokenBytes none for a token that has no text
 */
export function encodeVocabulary(
  size: number,
  tokenBytes: TokenBytes,
  endTokens: ReadonlySet<number>,
): EncodedVocabulary {
  const encode = (token: number): string => {
    const bytes = tokenBytes(token);
    if (bytes.some((byte) => foreign.has(byte))) return '';
    return Array.from(bytes, (byte) => byteCharacters[byte] ?? '').join('');
  };
  const tokens = Array.from({ length: size }, (_, token) => (endTokens.has(token) ? '' : encode(token)));
  return { tokens, endTokens: [...endTokens] };
}
