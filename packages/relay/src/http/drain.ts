import { MillraceError, type Clock, type HealthCheck, type Stoppable } from '@millrace/runtime';

/**
 * The end of a gateway: first it is no longer ready and takes nothing new, then what it has begun may end, for as long as the grace
 * period. `stop` resolves when nothing is open or the period is over.
 */
export interface Drain extends Stoppable {
  /** Aborted, with an error for the clients, when the gateway takes nothing new. */
  readonly draining: AbortSignal;
  /** Something has begun that is waited for. @returns says that it has ended; safe to call twice */
  begin(): () => void;
  readonly check: HealthCheck;
}

export function createDrain(clock: Clock, graceMs: number): Drain {
  const draining = new AbortController();
  let open = 0;
  const ended = Promise.withResolvers<void>();
  return {
    draining: draining.signal,
    begin() {
      open += 1;
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        open -= 1;
        if (open === 0 && draining.signal.aborted) ended.resolve();
      };
    },
    check: { name: 'gateway', check: () => (draining.signal.aborted ? 'it stops' : undefined) },
    async stop() {
      if (draining.signal.aborted) return;
      draining.abort(stops());
      if (open === 0) return;
      const limit = clock.setTimer(graceMs, ended.resolve);
      await ended.promise;
      limit.cancel();
    },
  };
}

const stops = (): MillraceError =>
  new MillraceError('unavailable', 'This gateway stops and takes nothing new; connect again.', {
    retryAfterMs: 1_000,
  });
