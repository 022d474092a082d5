import { MillraceError, type RandomSource } from '@millrace/runtime';

const firstDelayMs = 250;
const longestDelayMs = 30_000;

/** 250 ms, doubled with each delivery up to 30 s, give or take a quarter so that what failed together does not come back together. */
export function defaultBackoff(random: RandomSource): (deliveryCount: number) => number {
  return (deliveryCount) => {
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.max(0, deliveryCount - 1));
    return delayMs * (0.75 + 0.5 * random.unit());
  };
}

/** The back-off, or longer when the error asks for it. */
export function delayAfter(error: unknown, backoffMs: number): number {
  return error instanceof MillraceError ? Math.max(backoffMs, error.retryAfterMs ?? 0) : backoffMs;
}
