import type { Clock, Logger, Stoppable } from '@millrace/runtime';
import type { ClusterProcess } from './cluster-process.ts';

const pauseMs = 100;

/** Starts processes again that end unasked, until it is stopped. */
export function restartCrashed(
  processes: readonly ClusterProcess[],
  clock: Clock,
  logger: Logger,
): Stoppable {
  const stopping = new AbortController();
  const stopped = new Promise<undefined>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

  const lookAfter = async (process: ClusterProcess): Promise<void> => {
    while (!stopping.signal.aborted) {
      const end = await Promise.race([process.exited, stopped]);
      if (end === undefined) return;
      try {
        await clock.sleep(pauseMs, stopping.signal);
        if (end.expected || process.running) continue;
        await process.start();
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ error, process: process.name }, 'a process could not be started again');
      }
    }
  };
  for (const process of processes) void lookAfter(process);
  return {
    async stop() {
      // What is still starting ends with its process.
      stopping.abort();
    },
  };
}
