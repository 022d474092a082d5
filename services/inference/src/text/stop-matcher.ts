export interface StopMatch {
  /** Text that can be shown: it is in front of the stop string, if there is one. */
  readonly text: string;
  /** The stop string that was found. */
  readonly stop: string | undefined;
}

/**
 * Finds the first of some stop strings in a text that comes in pieces.
 *
 * What may be the beginning of a stop string is held back until it is decided. The result doesn't depend on where the
 * text is cut into pieces: the stop string that is complete first wins, and among those that end at the same place the
 * longest.
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  #held = '';

  /** @param stops well-formed text each; empty ones are left out */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** Must not be called again once a stop string was found. */
  push(text: string): StopMatch {
    if (this.#stops.length === 0) return { text, stop: undefined };
    const all = this.#held + text;
    const match = this.#firstComplete(all);
    if (match !== undefined) {
      this.#held = '';
      return { text: all.slice(0, match.start), stop: match.stop };
    }
    const heldFrom = all.length - this.#undecidedLength(all);
    this.#held = all.slice(heldFrom);
    return { text: all.slice(0, heldFrom), stop: undefined };
  }

  /** The end of the text: what was held back is no stop string. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #firstComplete(text: string): { start: number; stop: string } | undefined {
    let first: { start: number; stop: string } | undefined;
    for (const stop of this.#stops) {
      const start = text.indexOf(stop);
      if (start === -1) continue;
      const earlier = first === undefined ? -1 : start + stop.length - (first.start + first.stop.length);
      if (first === undefined || earlier < 0 || (earlier === 0 && start < first.start))
        first = { start, stop };
    }
    return first;
  }

  /** Length of the longest end of the text with which a stop string begins. */
  #undecidedLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}
