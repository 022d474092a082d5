import type { Clock } from './clock.ts';
import { MillraceError } from './millrace-error.ts';
import type { RandomSource } from './random-source.ts';

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** No attempt starts later than this after the first. */
  readonly maxElapsedMs: number;
  /** Bound of the first pause; it doubles with each attempt. */
  readonly initialMs: number;
  /** Bound of every pause. */
  readonly maxMs: number;
  /** By default: a MillraceError that says so. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Called before each pause, for a log or a metric. */
  readonly onRetry?: (error: unknown, attempt: number, pauseMs: number) => void;
}

/**
 * Runs the operation until it succeeds, with pauses that are random up to a doubling bound
 * ("full jitter", M. Brooker, Exponential Backoff And Jitter, AWS 2015).
 * @param operation gets the number of the attempt, from 1
 * @throws the operation's last error, or the signal's reason
 */
export async function retry<Result>(
  operation: (attempt: number) => Promise<Result>,
  options: RetryOptions,
): Promise<Result> {
  const { signal, clock, random, maxElapsedMs, initialMs, maxMs } = options;
  const isRetryable = options.isRetryable ?? saysRetryable;
  const startMs = clock.monotonicMs();
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      if (signal.aborted || !isRetryable(error)) throw error;
      const boundMs = Math.min(maxMs, initialMs * 2 ** (attempt - 1));
      const wishedMs = error instanceof MillraceError ? (error.retryAfterMs ?? 0) : 0;
      const pauseMs = Math.max(wishedMs, random.unit() * boundMs);
      if (clock.monotonicMs() - startMs + pauseMs > maxElapsedMs) throw error;
      options.onRetry?.(error, attempt, pauseMs);
      await clock.sleep(pauseMs, signal);
    }
  }
}

function saysRetryable(error: unknown): boolean {
  return error instanceof MillraceError && error.retryable;
}
