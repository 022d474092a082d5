/**
 * The one door between the scheduler, which knows sequences, and the model, which knows slots.
 *
 * A slot is one row of the KV cache. The first `n` slots are the active ones, so a decode step is always a
 * contiguous batch; whoever frees a slot in the middle moves the last one into the hole with `moveSlot`.
 */
export interface ModelRunner {
  /** How many sequences can be active at once. */
  readonly slots: number;
  /** Tokens (prompt and generated together) that one slot can hold. */
  readonly contextLength: number;
  /** Number of entries of the vocabulary: ids are in `[0, vocabularySize)`. */
  readonly vocabularySize: number;
  /** The most tokens that one `prefill` call may take. */
  readonly prefillChunk: number;
  /** Bytes of keys and values of `prefillChunk` positions of a slot. */
  readonly blockBytes: number;

  /**
   * Runs one chunk of a prompt on one slot.
   *
   * @param tokens at most `prefillChunk` token ids, which take positions `start` to `start + tokens.length - 1`
   * @param wantLogits true for the last chunk of a prompt: the logits of its last row are returned
   * @param signal ends the chunk early: what its positions hold is then undefined
   * @returns the candidates for the token that follows, or undefined when none were wanted
   * @throws MillraceError `cancelled` when the signal ended it
   */
  prefill(
    slot: number,
    tokens: Int32Array,
    start: number,
    wantLogits: boolean,
    signal?: AbortSignal,
  ): Promise<Candidates | undefined>;

  /**
   * One decode step over slots `0` to `rows.length - 1`, in order.
   *
   * @returns the candidates of each row, valid until the next call
   */
  decode(rows: readonly DecodeRow[]): Promise<readonly Candidates[]>;

  /**
   * One step over slot 0 alone that feeds in several tokens.
   *
   * @param tokens at least two and at most `prefillChunk`, which take the positions from `start` on. Those that turn out not to belong
   *   there are overwritten by the next step.
   * @returns the candidates for what follows each of them, valid until the next call
   */
  extend(tokens: readonly number[], start: number): Promise<readonly Candidates[]>;

  /** Copies the first `length` positions of the cache of slot `from` to slot `to`; slot number `slots` is there for swapping two. */
  moveSlot(from: number, to: number, length: number): void;

  /** Copies the keys and values of the `prefillChunk` positions from `start` on to `block`, which has `blockBytes`. */
  saveBlock(slot: number, start: number, block: Uint8Array<ArrayBuffer>): void;

  /** The way back: the positions are as if they had been prefilled. */
  loadBlock(slot: number, start: number, block: Uint8Array<ArrayBuffer>): void;

  /** Releases everything native. Must not be called while a `prefill` or `decode` is in flight. */
  close(): Promise<void>;
}

export interface DecodeRow {
  /** The token that is fed in. */
  readonly token: number;
  /** The position that it takes. */
  readonly position: number;
  /**
   * Only makes the batch larger: nothing is read of it, and what it writes to its position is written anew before anybody reads it.
   * Its slot may be one more than there are.
   */
  readonly isPadding?: true;
}

/** What a step offers the sampler for one row: the top of the distribution, exactly normalised. */
export interface Candidates {
  /** Token ids, most likely first. */
  readonly tokens: Int32Array;
  /** Their logits, in the same order. */
  readonly logits: Float32Array;
  /** log(sum(exp(logit))) over the whole vocabulary: `logit - logSumExp` is an exact log-probability. */
  readonly logSumExp: number;
  /** Every logit of the row, computed on demand: for a sampler whose candidates do not suffice. */
  readonly fullLogits: () => Float32Array;
}
