import type { Clock } from '@millrace/runtime';

const firstPauseMs = 25;
const longestPauseMs = 500;

/** Waits longer with each attempt, from 25 ms to half a second. @throws the signal's reason */
export async function pauseBeforeRetry(attempt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt, 10)), signal);
}
