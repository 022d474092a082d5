import { and, isNotNull, min, type SQL, type PgColumn, type PgTable } from '@millrace/store/sql';
import { streamDefinitions } from '@millrace/contracts';
import { dropOldKeys, type KeyStore } from '@millrace/sealing';
import {
  batches,
  files,
  jobs,
  keptAnswers,
  onConnection,
  trainingExamples,
  users,
  webhookDeliveries,
  type Database,
} from '@millrace/store';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';
import { contentStores } from '../erasure/stores.ts';

/** When the rows of a table were written. */
const writtenAt = new Map<PgTable, PgColumn>([
  [batches, batches.createdAt],
  [files, files.createdAt],
  [jobs, jobs.createdAt],
  [keptAnswers, keptAnswers.createdAt],
  [trainingExamples, trainingExamples.createdAt],
  [webhookDeliveries, webhookDeliveries.createdAt],
]);

/** The longest that a stream keeps what is sealed in it, except for the chain of the audit, where a digest may be unreadable. */
const longestStreamMs = Math.max(...streamDefinitions().map(({ maxAgeMs }) => maxAgeMs ?? 0));

/**
 * Destroys those data keys of a tenant or user that were rotated out so long ago that nothing is kept which they have sealed.
 *
 * @returns how many
 * @throws `database_unavailable`, `unavailable`
 */
export async function retireDataKeys(
  {
    database,
    clock,
    keyStore,
  }: Pick<PersonalDataDependencies, 'database' | 'clock'> & { readonly keyStore: KeyStore },
  subject: DataSubject,
): Promise<number> {
  const oldest: number[] = [clock.now() - longestStreamMs];
  for (const { table, isOf } of contentStores) {
    const column = writtenAt.get(table);
    if (column === undefined) throw new Error('a table with content does not say when its rows were written');
    oldest.push(await oldestOf(database, table, column, isOf(subject)));
  }
  oldest.push(await oldestOf(database, users, users.createdAt, and(isNotNull(users.profile))));
  return dropOldKeys({ keyStore }, subject, Math.min(...oldest));
}

async function oldestOf(
  database: Database,
  table: PgTable,
  column: PgColumn,
  matches: SQL | undefined,
): Promise<number> {
  const [row] = await onConnection(database, (connection) =>
    connection
      .select({ oldest: min(column) })
      .from(table)
      .where(matches),
  );
  const oldest = row?.oldest as Date | string | null | undefined;
  return oldest === null || oldest === undefined ? Infinity : new Date(oldest).getTime();
}
