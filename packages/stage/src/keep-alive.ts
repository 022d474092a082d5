import type { Delivery } from '@millrace/bus';
import type { Clock, Stoppable, Timer } from '@millrace/runtime';

/**
 * Tells the broker that work on a delivery goes on, for as long as the engine makes progress: a worker whose engine hangs loses
 * the message to another.
 *
 * @param lastProgressAt when the engine last did anything, in milliseconds since the epoch
 */
export function keepAlive(
  clock: Clock,
  delivery: Delivery,
  ackWaitMs: number,
  lastProgressAt: () => number,
): Stoppable {
  const everyMs = ackWaitMs / 3;
  let timer: Timer;
  let seen = Number.NEGATIVE_INFINITY;
  const beat = (): void => {
    const progress = lastProgressAt();
    if (progress > seen) delivery.working();
    seen = progress;
    timer = clock.setTimer(everyMs, beat);
  };
  timer = clock.setTimer(everyMs, beat);
  return { stop: async () => timer.cancel() };
}
