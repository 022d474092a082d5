import { lt, sql } from '@millrace/store/sql';
import type { Clock } from '@millrace/runtime';
import { inTransaction, outbox, type Database } from '@millrace/store';

export interface OutboxRow {
  readonly id: string;
  readonly subject: string;
  readonly payload: Uint8Array;
}

/** Forgets rows that were published before: the ledger and the stream have them. */
export async function forgetPublished(database: Database, before: number): Promise<void> {
  await database.delete(outbox).where(lt(outbox.publishedAt, new Date(before)));
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
  return inTransaction(database, async (transaction) => {
    await transaction.execute(sql`
      select
        set_config('idle_in_transaction_session_timeout', '60s', true), set_config('lock_timeout', '5s', true),
        pg_advisory_xact_lock(${relayLock})`);
    // Behind the lock, in a statement of its own: it sees what the one before has marked.
    const { rows } = await transaction.execute<OutboxRow & Record<string, unknown>>(sql`
      select id, subject, payload from outbox where published_at is null order by number limit ${limit}`);
    if (rows.length === 0) return 0;
    await publish(rows);
    const ids = rows.map(({ id }) => id);
    await transaction.execute(sql`
      update outbox set published_at = ${new Date(clock.now()).toISOString()}::timestamptz
      where id = any(${sql.param(ids)}::uuid[])`);
    return rows.length;
  });
}
