import { and, eq, inArray } from '@millrace/store/sql';
import type { Clock } from '@millrace/runtime';
import { deadLetters, onConnection, type Database } from '@millrace/store';

/**
 * Discards the letters of tenants of which nothing is kept: their messages are removed from the stream within seconds, so that nobody can decide on
 * them.
 *
 * @returns how many
 * @throws `database_unavailable`
 */
export async function discardUnkept(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  tenants: readonly string[],
): Promise<number> {
  if (tenants.length === 0) return 0;
  const discarded = await onConnection(database, (connection) =>
    connection
      .update(deadLetters)
      .set({
        status: 'discarded',
        discardReason: 'nothing is kept of the tenant: its message is removed',
        decidedAt: new Date(clock.now()),
      })
      .where(and(inArray(deadLetters.tenant, [...tenants]), eq(deadLetters.status, 'open')))
      .returning({ id: deadLetters.id }),
  );
  return discarded.length;
}
