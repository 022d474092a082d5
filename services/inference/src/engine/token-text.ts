import { IncrementalDetokenizer } from '../text/incremental-detokenizer.ts';
import { StopMatcher } from '../text/stop-matcher.ts';

/** The bytes of a token; none for a special one. */
export type TokenBytes = (token: number) => Uint8Array;

/** The text of one generation as its tokens come: whole characters, and nothing of a stop string. */
export class TokenText {
  readonly #tokenBytes: TokenBytes;
  readonly #detokenizer = new IncrementalDetokenizer();
  readonly #stops: StopMatcher;

  constructor(tokenBytes: TokenBytes, stops: readonly string[]) {
    this.#tokenBytes = tokenBytes;
    this.#stops = new StopMatcher(stops);
  }

  /** @returns the text that can be shown now, and whether a stop string was found, which ends the text */
  push(token: number): { readonly text: string; readonly stopped: boolean } {
    const { text, stop } = this.#stops.push(this.#detokenizer.push(this.#tokenBytes(token)));
    return { text, stopped: stop !== undefined };
  }

  /** The text that was held back, when no token follows. Not after a stop string. */
  flush(): string {
    const { text, stop } = this.#stops.push(this.#detokenizer.flush());
    return stop === undefined ? text + this.#stops.flush() : text;
  }
}
