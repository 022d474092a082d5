/**
 * The byte alphabet of byte-level BPE: each byte is written as one printable character, so that a vocabulary is text.
 * Source: `bytes_to_unicode` of GPT-2's encoder (https://github.com/openai/gpt-2/blob/master/src/encoder.py).
 */
export const byteCharacters: readonly string[] = buildByteCharacters();

const bytesByCharacter: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

/** The bytes that a token of a byte-level vocabulary stands for, or undefined if it holds a foreign character. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let index = 0; index < token.length; index++) {
    const byte = bytesByCharacter.get(token.charAt(index));
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

function buildByteCharacters(): string[] {
  const characters: string[] = [];
  let substitutes = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    characters.push(String.fromCharCode(printable ? byte : 256 + substitutes++));
  }
  return characters;
}
