export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'cancelled';

export interface Usage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly total_tokens: number;
}

/** In milliseconds. */
export interface Timings {
  readonly queue_ms: number;
  readonly prefill_ms: number;
  readonly time_to_first_token_ms: number | null;
  readonly total_ms: number;
}

/** What is charged: a decimal string with ten digits after the point, and the currency after ISO 4217. */
export interface Cost {
  readonly amount: string;
  readonly currency: string;
}

/** Proof, signed by the platform, of how a request ended; bytes are in base64. `millrace audit verify` checks it offline. */
export interface Receipt {
  readonly format: 'millrace-receipt/1';
  /** The record of the request in the audit log, as it is stored. */
  readonly record: string;
  /** A signed checkpoint that covers it. */
  readonly checkpoint: string;
  /** Hashes beside the way from the record to the root, lowest first. */
  readonly path: readonly string[];
}

/** Only where the option `receipt` asked for it. */
interface Receipted {
  /** Null where it did not come within 5 s: `receipt()` gives it later. */
  readonly receipt?: Receipt | null;
  /** Path that gives it from then on; an answer over a WebSocket has none. */
  readonly receipt_url?: string;
}

interface LikelyToken {
  readonly token: string;
  readonly bytes: readonly number[];
  readonly logprob: number;
}

export interface TokenLogprobs extends LikelyToken {
  readonly top_logprobs: readonly LikelyToken[];
}

export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  /** `arguments` is the JSON text of an object. */
  readonly function: { readonly name: string; readonly arguments: string };
}

interface AnswerText {
  readonly text: string;
  readonly finish_reason: FinishReason;
}

interface AnswerBase extends Receipted {
  readonly request_id: string;
  /** The model that answered. */
  readonly model: string | null;
  readonly model_version: string | null;
  /** When the request was taken in, in seconds since 1970. */
  readonly created: number;
  readonly usage: Usage;
  readonly timings: Timings;
  /** Null where the model has no price. */
  readonly cost: Cost | null;
}

export interface GenerateAnswer extends AnswerBase, AnswerText {
  readonly logprobs?: readonly TokenLogprobs[];
  readonly tool_calls?: readonly ToolCall[];
  /** Only where `n` is above 1. */
  readonly choices?: readonly (AnswerText & {
    readonly index: number;
    readonly logprobs?: readonly TokenLogprobs[];
    readonly tool_calls?: readonly ToolCall[];
  })[];
}

/** The answers to all texts, in their order. */
export interface TaskAnswer<Result> extends AnswerBase {
  readonly results: readonly Result[];
}

/** By the name of the operation. */
export interface Answers {
  readonly generate: GenerateAnswer;
  readonly summarize: TaskAnswer<AnswerText>;
  readonly translate: TaskAnswer<AnswerText>;
  /** Labels, likeliest first. */
  readonly classify: TaskAnswer<{
    readonly labels: readonly { readonly label: string; readonly score: number }[];
  }>;
  readonly embed: TaskAnswer<{ readonly embedding: readonly number[]; readonly truncated?: true }>;
}

export interface Model {
  readonly id: string;
  readonly object: 'model';
  /** Seconds since 1970. */
  readonly created: number;
  readonly owned_by: string;
}

/**
 * The platform has the request: from here on it is answered, whatever breaks. It comes again, with another id, where the platform
 * failed before the first chunk and the request was made anew.
 */
export interface AcceptedEvent {
  readonly type: 'accepted';
  readonly request_id: string;
}

/** A piece of the answer. `seq` counts from 1 without gaps or repeats. */
export interface ChunkEvent {
  readonly type: 'chunk';
  readonly seq: number;
  /** Index of the choice or the text; only where there are several. */
  readonly choice?: number;
  /** To be appended to the choice. */
  readonly text: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly tool_calls?: readonly ToolCall[];
}

/** The end of a whole answer, or of one that was cancelled. */
export interface CompletedEvent extends Receipted {
  readonly type: 'completed';
  /** That of the last chunk; 0 where there was none. */
  readonly seq: number;
  readonly request_id: string;
  readonly model?: string | null;
  readonly finish_reason: FinishReason;
  readonly finish_reasons?: readonly FinishReason[];
  readonly usage: Usage;
  readonly timings: Timings;
  /** Null where the model has no price. */
  readonly cost: Cost | null;
}

export type AnswerEvent = AcceptedEvent | ChunkEvent | CompletedEvent;
