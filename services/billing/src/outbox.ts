import { asc, inArray, isNull, lt, sql } from 'drizzle-orm';
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
    await transaction.execute(sql`set local idle_in_transaction_session_timeout = '60s'`);
    await transaction.execute(sql`set local lock_timeout = '5s'`);
    await transaction.execute(sql`select pg_advisory_xact_lock(${relayLock})`);
    const rows = await transaction
      .select({ id: outbox.id, subject: outbox.subject, payload: outbox.payload })
      .from(outbox)
      .where(isNull(outbox.publishedAt))
      .orderBy(asc(outbox.number))
      .limit(limit);
    if (rows.length === 0) return 0;
    await publish(rows);
    const ids = rows.map(({ id }) => id);
    await transaction
      .update(outbox)
      .set({ publishedAt: new Date(clock.now()) })
      .where(inArray(outbox.id, ids));
    return rows.length;
  });
}
