import type { Stoppable } from '@millrace/runtime';
import { startLoop, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import { forgetPublished } from './outbox.ts';

const hourMs = 60 * 60_000;
const outboxKeptMs = 24 * hourMs;

/** Forgets rows of the outbox that were published long ago. */
export function startHousekeeping({
  clock,
  logger,
  database,
}: StageDependencies & { readonly database: Database }): Stoppable {
  return startLoop(
    {
      clock,
      intervalMs: hourMs,
      onError: (error) =>
        logger.warn({ error }, 'published rows could not be forgotten and will be tried again'),
    },
    () => forgetPublished(database, clock.now() - outboxKeptMs),
  );
}
