import type { AnswerForm } from './constraint.ts';
import type { TokenLogprobs } from './logprobs.ts';

export type GenerationPriority = 'HIGH' | 'NORMAL' | 'LOW';

/** What an engine is asked to generate. */
export interface Generation {
  readonly requestId: string;
  /** Who may see what this request has left in the prefix cache, and whose remains it may use: the tenant. */
  readonly cacheScope: string;
  /** How large its share of the engine is where prompts wait for each other. */
  readonly priority: GenerationPriority;
  /** At least one token id. */
  readonly promptTokens: Int32Array;
  /**
   * Tokens that an earlier attempt generated, the end-of-sequence token never among them. They are prefilled behind the
   * prompt, not drawn again, and count against `maxTokens`.
   */
  readonly continuation: Int32Array;
  /** Most tokens to generate, at least 1; the context of the model is a limit as well. */
  readonly maxTokens: number;
  /** 0 for the most likely token each time. */
  readonly temperature: number;
  /** From 0, which is no limit, to 1: how probable a token has to be, relative to the most likely one. */
  readonly minP: number;
  /** 0 for no limit. */
  readonly topK: number;
  /** Above 0 and at most 1, which is no limit. */
  readonly topP: number;
  /** From 0.01 to 100, 1 for none. Over prompt and answer; above 1 against repetition. */
  readonly repetitionPenalty: number;
  /** From -2 to 2, 0 for none: taken from the logit of each token of the answer. */
  readonly presencePenalty: number;
  /** From -2 to 2, 0 for none: taken from the logit of a token for each time that it stands in the answer. */
  readonly frequencyPenalty: number;
  /** From -100 to 100, added to the logit of each of these token ids. */
  readonly logitBias: ReadonlyMap<number, number>;
  /**
   * How many of the most likely tokens, 0 to 20, are reported with each new one, together with its own log-probability;
   * undefined for no log-probabilities at all.
   */
  readonly logprobs: number | undefined;
  /** 64 bits. With the same seed, prompt and parameters a request draws the same random numbers. */
  readonly seed: bigint;
  /** Whether the same seed has to give the same tokens whatever else runs: that costs a lone sequence a quarter of its speed. */
  readonly reproducible: boolean;
  /** Texts at which the answer ends; they are not part of it. */
  readonly stop: readonly string[];
  /** The form that the answer has to have; undefined for free text. */
  readonly form?: AnswerForm | undefined;
  readonly signal: AbortSignal;
}

export type FinishReason = 'stop' | 'length' | 'cancelled';

/** Times of this attempt, in milliseconds. */
export interface GenerationTimings {
  /** Until its first prefill chunk began. */
  readonly queueMs: number;
  /** From there to the first token. */
  readonly prefillMs: number;
  /** From the first token to the end. */
  readonly decodeMs: number;
}

/** First step of a generation with a continuation: all text that the continuation's tokens had released. */
interface ResumedStep {
  readonly kind: 'resumed';
  readonly text: string;
}

interface TokensStep {
  readonly kind: 'tokens';
  /** One or more new ids: several where the reader was slower than the engine. */
  readonly tokens: Int32Array;
  /** One for each of `tokens`, where the generation asked for them. Those of a continuation are not given again. */
  readonly logprobs: readonly TokenLogprobs[] | undefined;
  /** What can be shown now; empty while a character or a possible stop string is incomplete. */
  readonly text: string;
}

export interface FinishedStep {
  readonly kind: 'finished';
  /** `stop`: end of sequence or a stop string. `length`: `maxTokens` or the context is used up. */
  readonly reason: FinishReason;
  /**
   * Text that was held back until now. Empty after `cancelled`: whoever continues the generation may still complete
   * the character or the stop string that it was held back for.
   */
  readonly text: string;
  readonly timings: GenerationTimings;
  readonly promptTokens: number;
  /** Those of them whose keys and values came from the prefix cache. */
  readonly cachedTokens: number;
  /** Tokens of the continuation and new ones. The end-of-sequence token is neither emitted nor counted. */
  readonly completionTokens: number;
}

export type Step = ResumedStep | TokensStep | FinishedStep;
