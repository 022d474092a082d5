import type { Delivery } from '@millrace/bus';
import { MillraceError, type Clock, type Logger, type Timer } from '@millrace/runtime';

const pauseMs = 500;
const workingEveryMs = 2_000;

/**
 * Runs an operation on the database until it is through, as long as the database is away, and tells the broker meanwhile that its
 * messages are worked on. So an outage uses up no deliveries and nothing is given up because of it.
 *
 * @throws the operation's error when the database is there; the reason of the deliveries' signal when the consumption stops
 */
export async function whileDatabaseAway<Result>(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  deliveries: readonly Delivery[],
  operation: () => Promise<Result>,
): Promise<Result> {
  const signal = deliveries[0]?.signal ?? new AbortController().signal;
  let timer: Timer | undefined;
  const keepWorking = (): void => {
    timer = clock.setTimer(workingEveryMs, () => {
      for (const delivery of deliveries) delivery.working();
      keepWorking();
    });
  };
  keepWorking();
  try {
    for (;;) {
      try {
        return await operation();
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        logger.warn({ error, deliveries: deliveries.length }, 'the database is away');
        await clock.sleep(pauseMs, signal);
      }
    }
  } finally {
    timer?.cancel();
  }
}

/**
 * SQLSTATEs after which the same transaction can succeed: connection lost, too many connections, shutting down or starting up,
 * deadlock and serialization failure, a time limit of the transaction (PostgreSQL, appendix A).
 */
const passingStates = /^(?:08...|53300|57P0[1-3]|40001|40P01|25P03|55P03)$/;

/** Whether an error, or what caused it, says that the database is away for now. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof MillraceError && cause.code === 'database_unavailable') return true;
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (passingStates.test(code)) return true;
  }
  return false;
}
