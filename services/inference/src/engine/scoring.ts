import type { FinishReason, GenerationPriority, GenerationTimings } from './generation.ts';

/** What an engine is asked to score: how probable each of several continuations of one prompt is. */
export interface Scoring {
  readonly requestId: string;
  /** As of a generation. */
  readonly cacheScope: string;
  readonly priority: GenerationPriority;
  /** At least one token id. */
  readonly promptTokens: Int32Array;
  /** At least one, each of at least one token id; end-of-sequence tokens may be among them. */
  readonly continuations: readonly Int32Array[];
  readonly signal: AbortSignal;
}

export interface Scores {
  /** `cancelled`: the log-probabilities are not complete. */
  readonly reason: FinishReason;
  /**
   * For each continuation the natural logarithm of the probability of each of its tokens behind the prompt and the tokens before
   * it, as the model gives it: without temperature, bias and penalties.
   */
  readonly logprobs: readonly Float64Array[];
  readonly timings: GenerationTimings;
  readonly promptTokens: number;
  readonly cachedTokens: number;
}
