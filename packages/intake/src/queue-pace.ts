import type { Clock, Timer } from '@millrace/runtime';

/**
 * How many requests of a queue are asked at once. What was refused since there are too many halves it, each answer adds one; what was
 * refused until a moment stops it until then: what cannot be admitted stays in the queue, where it costs nothing.
 */
export interface QueuePace {
  /** Most requests at once by now. */
  limit(most: number): number;
  answered(): void;
  /** @param retryAfterMs when another try makes sense */
  refused(retryAfterMs: number): void;
  stop(): void;
}

/** @param onResumed called when it goes on behind a refusal */
export function createQueuePace(clock: Pick<Clock, 'now' | 'setTimer'>, onResumed: () => void): QueuePace {
  let allowed = Number.POSITIVE_INFINITY;
  let notBefore = 0;
  let timer: Timer | undefined;
  let last = 1;
  return {
    limit(most) {
      last = Math.max(1, Math.min(most, allowed));
      return clock.now() < notBefore ? 0 : Math.floor(last);
    },
    answered() {
      allowed += 1;
    },
    refused(retryAfterMs) {
      allowed = Math.max(1, last / 2);
      const until = clock.now() + retryAfterMs;
      if (until <= notBefore) return;
      notBefore = until;
      timer?.cancel();
      timer = clock.setTimer(retryAfterMs, onResumed);
    },
    stop: () => timer?.cancel(),
  };
}
