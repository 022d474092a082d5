import type { MillraceError } from '@millrace/runtime';
import type { CacheHit, Finished, Timings, Usage } from '@millrace/contracts';
import type { TokenLogprobs, ToolCall } from '@millrace/stage';
import type { AnswerCost } from './answer-cost.ts';

/** A piece of the answer. `seq` counts from 1 without gaps, and is the same on every gateway and every resume. */
export interface RelayChunk {
  readonly type: 'chunk';
  readonly seq: number;
  /** Index of the choice that it belongs to; undefined where the answer has only one. */
  readonly choice: number | undefined;
  /** Empty only where log-probabilities or calls come with it. */
  readonly text: string;
  /** Of the tokens since the last chunk of the choice, where the request asks for them. */
  readonly logprobs: readonly TokenLogprobs[] | undefined;
  /** The functions that the choice calls: with the last chunk of it. */
  readonly toolCalls: readonly ToolCall[] | undefined;
  /** Where the answer comes from the cache. */
  readonly cache: CacheHit | undefined;
}

/** The end of an answer. `seq` is that of the last chunk, 0 when there was none. */
export interface RelayCompleted {
  readonly type: 'completed';
  readonly seq: number;
  readonly model: string | undefined;
  /** Version of the model that answered; undefined where no model did. */
  readonly modelVersion: string | undefined;
  /** `stop`, `length`, `tool_calls` or `cancelled`. */
  readonly finishReason: string;
  /** By choice; undefined where the answer has only one. */
  readonly finishReasons: readonly string[] | undefined;
  readonly usage: Usage;
  readonly timings: Timings;
  /** Where the answer came from the cache. */
  readonly cache: CacheHit | undefined;
  /** Undefined where the model has no price. */
  readonly cost: AnswerCost | undefined;
  /** Where it was asked for: the signed receipt, or null when it did not come in time. */
  readonly receipt?: object | null;
}

/** The request ended without a whole answer. */
export interface RelayFailed {
  readonly type: 'failed';
  readonly seq: number;
  readonly error: MillraceError;
  readonly outcome: Finished['outcome'];
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
}

export type RelayEvent = RelayChunk | RelayCompleted | RelayFailed;
