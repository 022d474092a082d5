import { createPublishWindow } from '@millrace/bus';
import { startLoop, type Loop, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';
import { takeFromOutbox } from './outbox.ts';

/** Without a wake it looks this often: another replica may have died between its commit and its publishing. */
const pollMs = 1_000;
/** Rows of one transaction, and messages on their way at a time. */
const page = 1_024;
const window = 256;

/**
 * Publishes what the ledger's transactions left in the outbox, in the ledger's order; replicas take turns. It is published
 * at least once. The message id is that of the row, so that the broker drops what was sent before a crash and is sent again.
 */
export function startOutboxRelay(dependencies: StageDependencies & { readonly database: Database }): Loop {
  const { bus, clock, logger, metrics } = dependencies;
  const published = metrics.counter({
    name: 'millrace_outbox_published_total',
    help: 'Rows of the outbox that were published.',
  });
  return startLoop(
    {
      clock,
      intervalMs: pollMs,
      onError: (error) =>
        logger.warn({ error, stage: 'billing' }, 'the outbox could not be published and will be tried again'),
    },
    async (signal) => {
      for (let count = page; count === page && !signal.aborted;) {
        count = await takeFromOutbox(dependencies, page, async (rows) => {
          const publishing = createPublishWindow(bus, { maxUnacked: window, signal });
          for (const { id, subject, payload } of rows)
            await publishing.publish({ subject, payload, messageId: id });
          await publishing.flush();
        });
        published.inc(count);
      }
    },
  );
}
