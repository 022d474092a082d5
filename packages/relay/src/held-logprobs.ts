import type { TokenLogprobs } from '@millrace/stage';

interface Held {
  /** Of the text that came with them, in UTF-16 code units of the choice. */
  readonly from: number;
  readonly to: number;
  readonly logprobs: readonly TokenLogprobs[];
}

/** Where the tokens are not those of the text beside them, theirs is at most so far away, in UTF-16 code units. */
const farthest = 64;

/**
 * Keeps the log-probabilities of tokens until their text is let out: those of what was replaced lose their texts. A token may come
 * before its text, which waits for the rest of a character or of a stop string.
 */
export class HeldLogprobs {
  readonly #held: Held[] = [];
  #end = 0;

  add(text: string, logprobs: readonly TokenLogprobs[]): void {
    const from = this.#end;
    this.#end += text.length;
    if (logprobs.length === 0) return;
    const isBeside = logprobs.map(({ token }) => token).join('') === text;
    this.#held.push(
      isBeside
        ? { from, to: this.#end, logprobs }
        : { from: from - farthest, to: this.#end + farthest, logprobs },
    );
  }

  /** @param settled how much of the text was let out; by default all, and no more comes. */
  take(isChanged: (from: number, to: number) => boolean, settled = Infinity): readonly TokenLogprobs[] {
    const taken: TokenLogprobs[] = [];
    while (this.#held[0] !== undefined && this.#held[0].to <= settled) {
      const { from, to, logprobs } = this.#held.shift() as Held;
      taken.push(...(isChanged(from, to) ? logprobs.map(withoutText) : logprobs));
    }
    return taken;
  }
}

function withoutText({ logprob }: TokenLogprobs): TokenLogprobs {
  return { token: '', bytes: [], logprob, top_logprobs: [] };
}
