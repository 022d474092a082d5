import { removeOld } from '@millrace/jobs';
import type { Clock, Logger, Stoppable } from '@millrace/runtime';
import { startLoop } from '@millrace/stage';
import type { Database } from '@millrace/store';

const intervalMs = 60_000;

/** Removes what is past its time. */
export function startHousekeeping(dependencies: {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}): Stoppable {
  const { clock, logger } = dependencies;
  return startLoop(
    {
      clock,
      intervalMs,
      onError: (error) => logger.warn({ error }, 'what is past its time could not be removed'),
    },
    (signal) => removeOld(dependencies, signal),
  );
}
