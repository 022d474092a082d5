import type { Clock, Logger } from '@millrace/runtime';
import { isDatabaseAway } from '@millrace/stage';

const pauseMs = 500;

/** Makes what runs a statement until the database is there. @throws what else it says; the signal's reason */
export function createPersist({
  clock,
  logger,
}: {
  readonly clock: Clock;
  readonly logger: Logger;
}): <Result>(statement: () => Promise<Result>, signal: AbortSignal) => Promise<Result> {
  return async (statement, signal) => {
    for (;;) {
      try {
        return await statement();
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        logger.warn({ error }, 'the database is away');
        await clock.sleep(pauseMs, signal);
      }
    }
  };
}
