import { requestIdOf, subjects } from '@millrace/contracts';
import type { DataPolicies } from '@millrace/stage';
import type { PersonalDataDependencies } from '../data-subject.ts';

/** How long a client may resume an answer that has ended. */
const graceMs = 60_000;
/** Longer than the streams keep results. */
const lookBackMs = 20 * 60_000;

/**
 * Removes from the streams what they hold of the requests of tenants of which nothing is kept: results, a minute after the end of the
 * request, in which their client may resume, and dead letters.
 */
export interface StreamPurge {
  /** @returns of how many requests something was removed @throws `unavailable`, the signal's reason */
  run(signal: AbortSignal): Promise<number>;
}

export function createStreamPurge(
  { bus, clock }: Pick<PersonalDataDependencies, 'bus' | 'clock'>,
  policies: Pick<DataPolicies, 'zeroRetentionTenants'>,
): StreamPurge {
  /** By tenant: where its closings have been looked through to, in milliseconds since the epoch. */
  const doneUntil = new Map<string, number>();

  const purgeTenant = async (tenant: string, signal: AbortSignal): Promise<number> => {
    const until = clock.now() - graceMs;
    let removed = 0;
    const from = doneUntil.get(tenant) ?? until - lookBackMs;
    for await (const { subject, storedAt } of bus.read('CLOSED', subjects.closed(tenant, '*'), {
      fromTime: from,
      signal,
    })) {
      if (storedAt > until) break;
      if ((await bus.purge('RESULTS', subjects.resultsOfRequest(requestIdOf(subject)))) > 0) removed += 1;
    }
    await bus.purge('DEADLETTER', subjects.deadLettersOf(tenant));
    doneUntil.set(tenant, until);
    return removed;
  };

  return {
    async run(signal) {
      const tenants = policies.zeroRetentionTenants();
      for (const tenant of doneUntil.keys()) if (!tenants.includes(tenant)) doneUntil.delete(tenant);
      let removed = 0;
      for (const tenant of tenants) {
        signal.throwIfAborted();
        removed += await purgeTenant(tenant, signal);
      }
      return removed;
    },
  };
}
