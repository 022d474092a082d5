import { errorCodes, type ErrorCode } from './error-codes.ts';

export interface MillraceErrorOptions {
  readonly cause?: unknown;
  /** Whether the same attempt can succeed later; by default what the code says. */
  readonly retryable?: boolean;
  /** Name of the field at fault, as the client wrote it. */
  readonly param?: string | undefined;
  /** When a retry makes sense, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined;
}

/** The one error class of Millrace. Handlers decide by `code` and `retryable`, never by the text of the message. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly param: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.param = options.param;
    this.retryAfterMs = options.retryAfterMs;
  }

  get httpStatus(): number {
    return errorCodes[this.code].httpStatus;
  }

  /** The error's `type` in the OpenAI API's terms. */
  get type(): string {
    return errorCodes[this.code].type;
  }

  /** The error itself if it is one, else an `internal_error` with it as the cause. */
  static from(error: unknown, code: ErrorCode = 'internal_error', message?: string): MillraceError {
    if (error instanceof MillraceError) return error;
    return new MillraceError(code, message ?? errorCodes[code].meaning, { cause: error });
  }
}
