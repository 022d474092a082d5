import type { Utf8Filter } from './utf8-filter.ts';
import type { GrammarMatcher } from './xgrammar.ts';

/** Where one answer is in its grammar. */
export class AnswerMatcher {
  readonly #matcher: GrammarMatcher;
  readonly #utf8: Utf8Filter;
  #last: number | undefined;

  constructor(matcher: GrammarMatcher, utf8: Utf8Filter) {
    this.#matcher = matcher;
    this.#utf8 = utf8;
  }

  /** @returns whether the token may stand there */
  accept(token: number): boolean {
    this.#last = token;
    return this.#matcher.acceptToken(token);
  }

  /** Which tokens may come next, as a mask. */
  async nextMask(): Promise<Int32Array> {
    const mask = await this.#matcher.getNextTokenBitmask();
    this.#utf8.apply(mask, this.#last);
    return mask;
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#matcher.dispose();
  }
}
