import type { Bus } from '@millrace/bus';
import type { Stoppable } from '@millrace/runtime';

/** Messages that have been published on a subject since it was asked. */
export interface Arrivals extends Stoppable {
  /** Resolves when so many have arrived in all. */
  reach(count: number): Promise<void>;
}

export async function countArrivals(bus: Bus, subject: string): Promise<Arrivals> {
  let arrived = 0;
  let waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  const subscription = await bus.subscribe(subject, () => {
    arrived += 1;
    if (waiting !== undefined && arrived >= waiting.count) waiting.resolve();
  });
  return {
    reach: (count) =>
      arrived >= count
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting = { count, resolve };
          }),
    stop: () => subscription.stop(),
  };
}
