/** Work that is done one after the other, in the order in which it came. */
export interface Turns {
  /**
   * Waits for the turn. What it resolves to ends the turn, and may be called twice.
   *
   * @param signal aborted: goes on at once, out of turn
   */
  enter(signal: AbortSignal): Promise<() => void>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    async enter(signal) {
      const before = last;
      const own = Promise.withResolvers<void>();
      last = before.then(() => own.promise);
      await unlessAborted(before, signal);
      return () => own.resolve();
    },
  };
}

async function unlessAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const abort = (): void => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([turn, aborted.promise]);
  signal.removeEventListener('abort', abort);
}
