import { byteCharacters } from '../../text/byte-level.ts';
import type { EncodedVocabulary } from './vocabulary.ts';

/** After these bytes the next one is not free to be any from 0x80 to 0xbf (Unicode, table 3-7). */
const secondBytes: ReadonlyMap<number, readonly [first: number, last: number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
]);

/** Keeps an answer UTF-8 where a token ends in the middle of a character: xgrammar takes any byte that goes on. */
export class Utf8Filter {
  readonly #tokens: readonly string[];
  readonly #bytes = new Map(byteCharacters.map((character, byte) => [character, byte]));

  constructor({ tokens }: EncodedVocabulary) {
    this.#tokens = tokens;
  }

  /** Takes out of a mask what must not follow a token. */
  apply(mask: Int32Array, before: number | undefined): void {
    const range = secondBytes.get(this.#byte(before, -1));
    if (range === undefined) return;
    for (let token = 0; token < this.#tokens.length; token += 1) {
      const first = this.#byte(token, 0);
      if (first < range[0] || first > range[1])
        mask[token >> 5] = (mask[token >> 5] ?? 0) & ~(1 << (token & 31));
    }
  }

  #byte(token: number | undefined, at: number): number {
    const text = token === undefined ? undefined : this.#tokens[token];
    return this.#bytes.get(text?.at(at) ?? '') ?? -1;
  }
}
