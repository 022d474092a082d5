import { and, desc, eq, isNull, sql } from '@millrace/store/sql';
import { erasures, onConnection, type Database, type Transaction } from '@millrace/store';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';

export type ErasureRow = typeof erasures.$inferSelect;

/** An erasure that goes on, and whether it was begun only now. */
export interface BegunErasure {
  readonly row: ErasureRow;
  readonly isNew: boolean;
}

/** The erasure of a subject that is under way, or a new one. */
export async function beginErasure(
  { clock, nextId }: Pick<PersonalDataDependencies, 'clock' | 'nextId'>,
  transaction: Transaction,
  { tenant, user }: DataSubject,
): Promise<BegunErasure> {
  const begun = await transaction
    .insert(erasures)
    .values({
      id: `erasure_${nextId().replaceAll('-', '')}`,
      tenant,
      user,
      requestedAt: new Date(clock.now()),
    })
    .onConflictDoNothing()
    .returning({ id: erasures.id });
  const ofUser = user === null ? isNull(erasures.user) : eq(erasures.user, user);
  const [row] = await transaction
    .select()
    .from(erasures)
    .where(and(eq(erasures.tenant, tenant), ofUser, isNull(erasures.completedAt)));
  if (row === undefined) throw new Error('an erasure that was begun is gone');
  return { row, isNew: begun.length > 0 };
}

/** Counts what was removed, as part of the transaction that removes it. */
export async function countRemoved(
  connection: Transaction,
  id: string,
  store: string,
  count: number,
): Promise<void> {
  await connection
    .update(erasures)
    .set({
      removed: sql`jsonb_set(${erasures.removed}, array[${store}::text],
        to_jsonb(coalesce((${erasures.removed}->>${store}::text)::bigint, 0) + ${count}::bigint))`,
    })
    .where(eq(erasures.id, id));
}

/** @throws `database_unavailable` */
export async function markStep(database: Database, id: string, step: string): Promise<void> {
  await onConnection(database, (connection) =>
    connection
      .update(erasures)
      .set({ steps: sql`array_append(${erasures.steps}, ${step}::text)` })
      // Another process may have done it at the same time.
      .where(and(eq(erasures.id, id), sql`not ${step}::text = any(${erasures.steps})`)),
  );
}

/** @throws `database_unavailable` */
export async function completeErasure(database: Database, id: string, at: number): Promise<ErasureRow> {
  const [row] = await onConnection(database, (connection) =>
    connection
      .update(erasures)
      .set({
        completedAt: sql`coalesce(${erasures.completedAt}, ${new Date(at).toISOString()}::timestamptz)`,
      })
      .where(eq(erasures.id, id))
      .returning(),
  );
  if (row === undefined) throw new Error('an erasure is gone while it is done');
  return row;
}

/** The erasures of a tenant and its users, the last first. @throws `database_unavailable` */
export function listErasures(database: Database, tenant: string): Promise<readonly ErasureRow[]> {
  return onConnection(database, (connection) =>
    connection.select().from(erasures).where(eq(erasures.tenant, tenant)).orderBy(desc(erasures.id)),
  );
}

/** Those that were cut off. @throws `database_unavailable` */
export function unfinishedErasures(database: Database): Promise<readonly ErasureRow[]> {
  return onConnection(database, (connection) =>
    connection.select().from(erasures).where(isNull(erasures.completedAt)),
  );
}
