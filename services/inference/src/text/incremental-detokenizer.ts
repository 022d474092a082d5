/**
 * Bytes of tokens to text, one token after the other: the beginning of a character waits for its rest.
 *
 * The joined results are the same as decoding all bytes at once, so no result ever ends within a surrogate pair. What
 * is not valid UTF-8 becomes U+FFFD as the Encoding standard says (https://encoding.spec.whatwg.org/#utf-8-decoder).
 */
export class IncrementalDetokenizer {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @returns the text that is complete with these bytes, maybe empty */
  push(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** The end: U+FFFD if the beginning of a character is still held back, else the empty text. */
  flush(): string {
    return this.#decoder.decode();
  }
}
