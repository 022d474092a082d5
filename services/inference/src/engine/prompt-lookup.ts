/** Tokens that have to be the same for what followed them to be expected again. */
const gramTokens = 3;

/** The most tokens that are guessed at once: a step of 8 rows costs not three times one of a single row. */
const longestDraft = 7;

/** Tokens without a guess after a wrong one; twice as many after each further one. */
const firstPause = 4;
const longestPause = 64;

/**
 * Guesses the next tokens of a sequence: what followed the last time that its last three tokens stood in it (prompt look-up decoding,
 * Saxena 2023; "assisted generation" by n-grams). The model computes all guesses in one step and takes those that it draws itself,
 * so an answer does not depend on them.
 *
 * As many are guessed as have been right of late, and none for a while after wrong ones.
 */
export class PromptLookup {
  readonly #tokens: number[] = [];
  /** By the three tokens, the position behind them. */
  readonly #followers = new Map<string, number>();
  #length = 1;
  #pause = firstPause;
  /** No guesses before so many tokens. */
  #resumesAt = 0;

  /** How many tokens have been added. */
  get size(): number {
    return this.#tokens.length;
  }

  add(tokens: Iterable<number>): void {
    for (const token of tokens) {
      // What ends here is found from the next token on, when something has followed.
      const gram = this.#lastGram();
      if (gram !== undefined) this.#followers.set(gram, this.#tokens.length);
      this.#tokens.push(token);
    }
  }

  /** @returns at most `most` guesses; none where the last tokens are new */
  draft(most: number): number[] {
    if (this.size < this.#resumesAt) return [];
    const gram = this.#lastGram();
    const start = gram === undefined ? undefined : this.#followers.get(gram);
    if (start === undefined) return [];
    return this.#tokens.slice(start, start + Math.max(0, Math.min(most, this.#length)));
  }

  /** Tells how many of the guesses were right. */
  judge(guessed: number, right: number): void {
    this.#length = right === guessed ? Math.min(longestDraft, 2 * this.#length + 1) : Math.max(1, right);
    if (right > 0) {
      this.#pause = firstPause;
      return;
    }
    this.#resumesAt = this.size + this.#pause;
    this.#pause = Math.min(longestPause, 2 * this.#pause);
  }

  #lastGram(): string | undefined {
    return this.#tokens.length < gramTokens ? undefined : this.#tokens.slice(-gramTokens).join();
  }
}
