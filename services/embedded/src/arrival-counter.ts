/** Counts what arrives, such as the chunks of an answer, and lets others wait for more. */
export interface ArrivalCounter {
  count(): void;
  /** Resolves when so many more have arrived. @throws the signal's reason */
  readonly until: (more: number) => Promise<void>;
}

interface Waiting {
  readonly total: number;
  readonly resolve: () => void;
}

/** @param signal ends all waiting */
export function createArrivalCounter(signal: AbortSignal): ArrivalCounter {
  let total = 0;
  let waiting: readonly Waiting[] = [];
  return {
    count() {
      total += 1;
      for (const { resolve } of waiting.filter((entry) => entry.total <= total)) resolve();
      waiting = waiting.filter((entry) => entry.total > total);
    },
    async until(more) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      waiting = [...waiting, { total: total + more, resolve }];
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
  };
}
