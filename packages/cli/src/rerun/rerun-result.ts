/** How one side answered an example. What is not known of a recorded answer is null. */
export interface Answered {
  /** Why there is no answer: an error code; null where there is one. */
  readonly error: string | null;
  readonly finish_reason: string | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  /** As the client saw it, in milliseconds. */
  readonly latency_ms: number | null;
  /** Decimal; null where the model has no price. */
  readonly amount: string | null;
  readonly currency: string | null;
}

/** What came of one example. It says nothing of what was asked and answered, unless the answers are to be kept. */
export interface RerunResult {
  readonly type: 'result';
  readonly request_id: string;
  readonly baseline: Answered;
  readonly candidate: Answered;
  readonly equal: boolean;
  /** 0 to 1: @see similarityOf */
  readonly similarity: number;
  readonly texts?: readonly [baseline: string, candidate: string];
}

/** The first line of the file of a rerun: what it is of. It goes on only as the same. */
export interface RerunHead {
  readonly type: 'rerun';
  readonly version: 1;
  readonly id: string;
  readonly tenant: string;
  readonly model: string;
  /** A model, or `recorded` for the answers that were kept. */
  readonly against: string;
  readonly max_tokens: number;
  readonly started_at: string;
}
