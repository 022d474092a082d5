import type { Clock } from '@millrace/runtime';
import { transact, type Database } from '@millrace/store';

export interface OutboxRow {
  readonly id: string;
  readonly subject: string;
  readonly payload: Uint8Array;
}

/** Any number, the same in all replicas: who has this lock publishes the outbox. */
const relayLock = 7_246_003;

/**
 * Hands the oldest unpublished rows over, in order, and marks them once `publish` is through. Replicas take turns: one that hangs
 * loses its turn after the time limit.
 *
 * @returns how many
 */
export async function takeFromOutbox(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  limit: number,
  publish: (rows: readonly OutboxRow[]) => Promise<void>,
): Promise<number> {
  return transact(
    database,
    (sql) => [
      sql`select set_config('idle_in_transaction_session_timeout', '60s', true), set_config('lock_timeout', '5s', true)`,
      sql`select pg_advisory_xact_lock(${relayLock}::bigint)`,
      sql<OutboxRow[]>`
        select id, subject, payload from outbox where published_at is null order by number limit ${limit}`,
    ],
    async (sql, [, , rows]) => {
      if (rows.length === 0) return { statements: [], result: 0 };
      await publish(rows);
      const ids = rows.map(({ id }) => id);
      const publishedAt = new Date(clock.now()).toISOString();
      const note = sql`update outbox set published_at = ${publishedAt} where id = any(${ids}::uuid[])`;
      return { statements: [note], result: rows.length };
    },
  );
}
