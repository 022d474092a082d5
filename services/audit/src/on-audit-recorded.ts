import type { Delivery } from '@millrace/bus';
import { fromSubjectToken } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Checkpointer } from './checkpointer.ts';

/** Chains that are signed side by side. */
const concurrency = 16;

/**
 * Signs the chains that have new records, at most once in an interval: a record that comes after an idle interval is signed at once, the
 * others with the next round. Records that a round has signed already are acked without waiting.
 */
export function onAuditRecorded(
  dependencies: StageDependencies,
  checkpointer: Pick<Checkpointer, 'checkpoint' | 'signedThrough'>,
  intervalMs: number,
): (deliveries: readonly Delivery[]) => Promise<readonly boolean[]> {
  const { clock, logger, metrics } = dependencies;
  const checkpoints = metrics.counter({
    name: 'millrace_audit_checkpoints_total',
    help: 'Signed checkpoints of audit chains.',
  });
  const refused = metrics.counter({
    name: 'millrace_audit_checkpoints_refused_total',
    help: 'Checkpoints that were not signed since the chain does not hold. Anything but 0 is an alarm.',
  });
  let nextRoundAtMs = -Infinity;

  const sign = async (tenant: string): Promise<boolean> => {
    try {
      if (await checkpointer.checkpoint(tenant)) checkpoints.inc();
      return true;
    } catch (error) {
      if (error instanceof MillraceError && !error.retryable) {
        refused.inc();
        logger.error({ error, stage: 'audit', tenant }, 'a chain is not signed, since it does not hold');
        return true;
      }
      logger.warn({ error, stage: 'audit', tenant }, 'a chain was not signed and will be tried again');
      return false;
    }
  };

  return async (deliveries) => {
    const isSigned = (delivery: Delivery): boolean =>
      delivery.sequence <= checkpointer.signedThrough(tenantOf(delivery));
    const open = deliveries.filter((delivery) => !isSigned(delivery));
    const [first] = open;
    if (first === undefined) return deliveries.map(() => true);
    const waitMs = nextRoundAtMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, first.signal);
    nextRoundAtMs = clock.monotonicMs() + intervalMs;
    const failed = new Set<string>();
    const waiting = [...new Set(open.map(tenantOf))];
    const work = async (): Promise<void> => {
      for (let tenant = waiting.pop(); tenant !== undefined; tenant = waiting.pop()) {
        if (!(await sign(tenant))) failed.add(tenant);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return deliveries.map((delivery) => isSigned(delivery) || !failed.has(tenantOf(delivery)));
  };
}

/** The tenant of a subject `mr.audit.recorded.<tenant>`. */
function tenantOf({ subject }: Delivery): string {
  return fromSubjectToken(subject.slice(subject.lastIndexOf('.') + 1));
}
