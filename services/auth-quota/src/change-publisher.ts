import { publishControlChanges } from '@millrace/control-plane';
import { startLoop, type Loop, type StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';

/** Who makes a change tells of it at once; this is for those who died in between, or were cut off from the broker. */
const intervalMs = 1_000;

/** Publishes changes of keys and prices that nobody has told of. */
export function startChangePublisher(
  dependencies: StageDependencies & { readonly database: Database },
): Loop {
  const { clock, logger } = dependencies;
  return startLoop(
    {
      clock,
      intervalMs,
      onError: (error) =>
        logger.warn({ error }, 'changes of keys and prices could not be published and will be tried again'),
    },
    async () => {
      await publishControlChanges(dependencies);
    },
  );
}
