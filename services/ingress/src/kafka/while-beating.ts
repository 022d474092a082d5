import type { Logger } from '@millrace/runtime';

const beatEveryMs = 2_000;

/**
 * Tells the group that this member is alive while work goes on, which may take longer than the group is patient: a dead letter is tried for
 * half a minute where NATS is away. A beat that fails says that the group rebalances, which the next one behind the work says again.
 */
export async function whileBeating<Result>(
  heartbeat: () => Promise<void>,
  logger: Logger,
  work: () => Promise<Result>,
): Promise<Result> {
  const beat = (): void => {
    heartbeat().catch((error: unknown) => {
      logger.debug({ error }, 'the group did not take a heartbeat');
    });
  };
  const timer = setInterval(beat, beatEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
