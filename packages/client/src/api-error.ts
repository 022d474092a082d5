import { MillraceApiError } from './errors.ts';

interface ErrorFields {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly param?: unknown;
  readonly code?: unknown;
}

/** What of a response an error is made of. */
type ResponseHead = Pick<Response, 'status' | 'headers'>;

/** The error of a response, whose body has this text. */
export function toApiError({ status, headers }: ResponseHead, text: string): MillraceApiError {
  const fields = errorOf(parse(text));
  return new MillraceApiError(textOf(fields.message) ?? `The platform answered with status ${status}.`, {
    status,
    code: textOf(fields.code) ?? null,
    type: textOf(fields.type) ?? 'server_error',
    param: textOf(fields.param) ?? null,
    retryable: isRetryable(status, headers.get('x-should-retry')),
    retryAfterMs: retryAfterMs(headers),
    requestId: headers.get('x-request-id') ?? undefined,
  });
}

/** An `error` of a stream that has begun: of an event, or a message of the WebSocket. */
export interface StreamedError extends ErrorFields {
  readonly error_type?: unknown;
  readonly retryable?: unknown;
  readonly retry_after_ms?: unknown;
  readonly seq?: unknown;
}

export function toStreamedError(fields: StreamedError, requestId: string | undefined): MillraceApiError {
  return new MillraceApiError(textOf(fields.message) ?? 'The answer broke off.', {
    code: textOf(fields.code) ?? null,
    type: textOf(fields.error_type) ?? textOf(fields.type) ?? 'server_error',
    param: textOf(fields.param) ?? null,
    retryable: fields.retryable === true,
    retryAfterMs: typeof fields.retry_after_ms === 'number' ? fields.retry_after_ms : undefined,
    requestId,
    seq: typeof fields.seq === 'number' ? fields.seq : undefined,
  });
}

function isRetryable(status: number, shouldRetry: string | null): boolean {
  if (shouldRetry !== null) return shouldRetry === 'true';
  return status === 408 || status === 429 || status >= 500;
}

function retryAfterMs(headers: ResponseHead['headers']): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

function errorOf(value: unknown): ErrorFields {
  const { error } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly error?: unknown;
  };
  return typeof error === 'object' && error !== null ? error : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Something in between has answered.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
