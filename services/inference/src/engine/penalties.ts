export interface PenaltyOptions {
  /** What is added to the logits of these tokens. */
  readonly logitBias: ReadonlyMap<number, number>;
  /** Above 1 for fewer, below 1 for more of the tokens that stand in the prompt or the answer; 1 changes nothing. */
  readonly repetitionPenalty: number;
  /** Taken from the logit of a token once for each time that it stands in the answer. */
  readonly frequencyPenalty: number;
  /** Taken once from the logit of each token that stands in the answer. */
  readonly presencePenalty: number;
}

interface TokenHistory {
  readonly bias: number;
  /** In the prompt or in the answer. */
  seen: boolean;
  /** How often in the answer. */
  count: number;
}

/**
 * What logit bias and penalties make of the logits of one generation: a function of its options, its prompt and the
 * tokens of its answer so far, so that whoever continues the answer gets the same.
 *
 * In this order, as vLLM has it: bias; repetition penalty, which divides positive logits and multiplies negative ones
 * (CTRL, https://arxiv.org/abs/1909.05858, and Hugging Face's `RepetitionPenaltyLogitsProcessor`); frequency and presence
 * penalties as OpenAI defines them. The result is rounded to float32 once. It never falls when the logit rises.
 */
export class Penalties {
  readonly #options: PenaltyOptions;
  readonly #histories = new Map<number, TokenHistory>();
  readonly #penalisesAnswer: boolean;

  constructor(options: PenaltyOptions, promptTokens: Int32Array) {
    this.#options = options;
    for (const [token, bias] of options.logitBias) this.#historyOf(token, bias);
    const repetition = options.repetitionPenalty !== 1;
    this.#penalisesAnswer = repetition || options.frequencyPenalty !== 0 || options.presencePenalty !== 0;
    if (!repetition) return;
    for (const token of promptTokens) this.#historyOf(token).seen = true;
  }

  get changesNothing(): boolean {
    return this.#histories.size === 0;
  }

  /** The tokens whose logits may change; no others do. */
  changedTokens(): IterableIterator<number> {
    return this.#histories.keys();
  }

  /** Takes a token of the answer, drawn now or by an earlier attempt. */
  record(token: number): void {
    if (!this.#penalisesAnswer) return;
    const history = this.#historyOf(token);
    history.seen = true;
    history.count += 1;
  }

  /** The logit of a token after bias and penalties. */
  apply(token: number, logit: number): number {
    const history = this.#histories.get(token);
    if (history === undefined) return logit;
    const { repetitionPenalty, frequencyPenalty, presencePenalty } = this.#options;
    let changed = logit + history.bias;
    if (history.seen) changed = changed > 0 ? changed / repetitionPenalty : changed * repetitionPenalty;
    if (history.count > 0) changed -= frequencyPenalty * history.count + presencePenalty;
    return Math.fround(changed);
  }

  /** All logits after bias and penalties: the same array if nothing changes, else a copy. */
  applyToAll(logits: Float32Array): Float32Array {
    if (this.changesNothing) return logits;
    const changed = logits.slice();
    for (const token of this.#histories.keys()) changed[token] = this.apply(token, logits[token] ?? 0);
    return changed;
  }

  #historyOf(token: number, bias = 0): TokenHistory {
    const known = this.#histories.get(token);
    if (known !== undefined) return known;
    const history = { bias, seen: false, count: 0 };
    this.#histories.set(token, history);
    return history;
  }
}
