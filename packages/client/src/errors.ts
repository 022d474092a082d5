/** What is known of an error that the platform answered with. */
export interface ApiErrorFacts {
  /** Status of the HTTP answer; undefined over a WebSocket. */
  readonly status?: number | undefined;
  /** One of the codes of the reference; null for an error of HTTP itself, such as an unknown path. */
  readonly code: string | null;
  /** The kind of error, in the terms of the OpenAI API. */
  readonly type: string;
  /** The field at fault. */
  readonly param: string | null;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** Milliseconds after which a retry makes sense, where the platform says so. */
  readonly retryAfterMs?: number | undefined;
  /** The request, where there is one. */
  readonly requestId?: string | undefined;
  /** Number of the last chunk of an answer that broke off. */
  readonly seq?: number | undefined;
}

/** The platform refused a request, or its answer broke off for good. */
export class MillraceApiError extends Error implements ApiErrorFacts {
  override readonly name = 'MillraceApiError';
  readonly status: number | undefined;
  readonly code: string | null;
  readonly type: string;
  readonly param: string | null;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly seq: number | undefined;

  constructor(message: string, facts: ApiErrorFacts) {
    super(message);
    this.status = facts.status;
    this.code = facts.code;
    this.type = facts.type;
    this.param = facts.param;
    this.retryable = facts.retryable;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    this.seq = facts.seq;
  }
}

/** The platform could not be reached, or the connection broke and could not be made again. The request may still run. */
export class MillraceConnectionError extends Error {
  override readonly name = 'MillraceConnectionError';
  readonly retryable = true;
  /** Milliseconds after which a retry makes sense, where the platform says so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}
