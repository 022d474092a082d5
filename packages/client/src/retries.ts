import { MillraceApiError, MillraceConnectionError } from './errors.ts';
import { sleep } from './sleep.ts';

export interface RetryOptions {
  /** Tries in a row without progress, beyond the first one. */
  readonly maxRetries: number;
  /** Longest wait before the first retry, in milliseconds; it doubles with each. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Counts what went wrong in a row, and waits between the tries: exponential backoff with full jitter. */
export class Retries {
  readonly #options: RetryOptions;
  #failures = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Something went well: what comes next is a first try. */
  progress(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next try.
   *
   * @throws the error itself where another try makes no sense or there were enough; the signal's reason
   */
  async after(error: unknown, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { maxRetries, baseDelayMs, maxDelayMs, random } = this.#options;
    const isWorthIt =
      (error instanceof MillraceApiError || error instanceof MillraceConnectionError) && error.retryable;
    if (!isWorthIt || this.#failures >= maxRetries) throw error;
    const limitMs = Math.min(maxDelayMs, baseDelayMs * 2 ** this.#failures);
    this.#failures += 1;
    await sleep((error.retryAfterMs ?? 0) + random() * limitMs, signal);
  }
}
