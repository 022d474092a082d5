import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/** Says of what is tried again and again until it works that it fails, once for each reason, and that it works again. */
export interface OutageLog {
  /** @param what that failed, the same words each time */
  failed(error: unknown, what: string): void;
  /** It works: nothing is said where it did before. */
  over(): void;
}

/** Reasons that are told apart; more of one outage are for debugging. */
const mostReasons = 8;

/** @param back what is said when it works again */
export function createOutageLog(clock: Pick<Clock, 'now'>, logger: Logger, back: string): OutageLog {
  const said = new Set<string>();
  let since: number | undefined;
  let failures = 0;
  return {
    failed(error, what) {
      since ??= clock.now();
      failures += 1;
      const reason = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      const isNew = !said.has(reason) && said.size < mostReasons;
      if (isNew) said.add(reason);
      logger[isNew ? 'warn' : 'debug']({ error, failures }, what);
    },
    over() {
      if (since === undefined) return;
      logger.info({ failures, lastedMs: clock.now() - since }, back);
      since = undefined;
      failures = 0;
      said.clear();
    },
  };
}
