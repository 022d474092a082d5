import { and, eq, isNull } from '@millrace/store/sql';
import { cancelRequest } from '@millrace/stage';
import { claims, onConnection } from '@millrace/store';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';

const recheckMs = 200;

/**
 * Cancels the requests of a subject that are under way and waits until each is closed, which their clients are told.
 *
 * @param waitMs after so long those that are left go on to their end, which nobody can read
 * @returns how many were cancelled, and how many were left
 * @throws `database_unavailable`, the signal's reason
 */
export async function stopRequests(
  dependencies: PersonalDataDependencies,
  { tenant, user }: DataSubject,
  waitMs: number,
  signal: AbortSignal,
): Promise<{ readonly cancelled: number; readonly left: number }> {
  const { database, clock } = dependencies;
  const open = (): Promise<readonly { readonly id: string }[]> =>
    onConnection(database, (connection) =>
      connection
        .select({ id: claims.requestId })
        .from(claims)
        .where(
          and(
            isNull(claims.closedAt),
            isNull(claims.code),
            eq(claims.tenant, tenant),
            user === null ? undefined : eq(claims.user, user),
          ),
        ),
    );
  const cancelled = new Set<string>();
  const until = clock.monotonicMs() + waitMs;
  for (;;) {
    const requests = await open();
    for (const { id } of requests) {
      if (cancelled.has(id)) continue;
      cancelled.add(id);
      await cancelRequest(dependencies, { tenant, request_id: id }, 'client');
    }
    if (requests.length === 0 || clock.monotonicMs() >= until)
      return { cancelled: cancelled.size, left: requests.length };
    await clock.sleep(recheckMs, signal);
  }
}
