import { consumerDefinitions } from '@millrace/contracts';
import { keepLetters } from '@millrace/dead-letters';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import { whileDatabaseAway, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';

const maxBatch = 256;

/** Takes dead letters into the table that is listed and decided on. Acked after the commit. */
export function onDeadLetter(
  dependencies: StageDependencies & { readonly database: Database },
  wake: () => void,
): Promise<Stoppable> {
  const { bus, codec, logger } = dependencies;
  const isReadable = ({ sequence, payload }: { readonly sequence: number; readonly payload: Uint8Array }) => {
    try {
      codec.decode('dead.letter', payload);
      return true;
    } catch (error) {
      if (!(error instanceof MillraceError) || error.retryable) throw error;
      logger.error({ error, letter: sequence }, 'a dead letter cannot be read');
      return false;
    }
  };
  return bus.consumeBatches(
    consumerDefinitions().deadLetters,
    {
      maxBatch,
      // It waits for the database as long as it has to.
      maxDeliveries: Number.MAX_SAFE_INTEGER,
      onPoison: async ({ sequence }) => logger.error({ letter: sequence }, 'a dead letter cannot be kept'),
    },
    async (deliveries) => {
      const readable = deliveries.filter(isReadable);
      await whileDatabaseAway(dependencies, deliveries, () => keepLetters(dependencies, readable));
      wake();
      return deliveries.map(() => true);
    },
  );
}
