/**
 * Requests that may have killed a worker, since one had them that died. They run one at a time at first. Each that gets somewhere, or
 * ends, makes room for one more: what merely stood beside a request that kills is soon through, a hundred after seven rounds. Who has
 * been there at two deaths runs alone, so that at the third the blame falls on it alone.
 */
export interface Suspects {
  /**
   * Waits until it may run. What it resolves to says that it has got somewhere or ended, and may be called twice.
   *
   * @param alone whether nothing of the others may run beside it
   * @param signal aborted: goes on at once, out of turn
   */
  enter(alone: boolean, signal: AbortSignal): Promise<() => void>;
}

interface Suspect {
  readonly alone: boolean;
  readonly start: () => void;
}

const nothingToSay = (): void => undefined;

export function createSuspects(): Suspects {
  const waiting = new Set<Suspect>();
  const running = new Set<Suspect>();
  let width = 1;

  const mayRun = ({ alone }: Suspect): boolean => {
    if (alone) return running.size === 0;
    return running.size < width && ![...running].some((other) => other.alone);
  };
  const startMore = (): void => {
    for (const suspect of waiting) {
      if (!mayRun(suspect)) return;
      waiting.delete(suspect);
      running.add(suspect);
      suspect.start();
    }
    if (running.size === 0) width = 1;
  };
  return {
    enter(alone, signal) {
      if (signal.aborted) return Promise.resolve(nothingToSay);
      return new Promise((resolve) => {
        const giveUp = (): void => {
          waiting.delete(suspect);
          resolve(nothingToSay);
          startMore();
        };
        const suspect: Suspect = {
          alone,
          start() {
            signal.removeEventListener('abort', giveUp);
            resolve(() => {
              if (!running.delete(suspect)) return;
              if (!alone) width += 1;
              startMore();
            });
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.add(suspect);
        startMore();
      });
    },
  };
}
