import { inArray, lt, sql, type SQL, type PgColumn, type PgTable } from '@millrace/store/sql';
import type { Clock } from '@millrace/runtime';
import {
  batches,
  files,
  jobs,
  keptAnswers,
  onConnection,
  piiFindings,
  trainingExamples,
  webhookDeliveries,
  type Database,
} from '@millrace/store';

/** More than a year, so that two of them can be compared. */
const findingsKeptMs = 400 * 24 * 60 * 60_000;
/** How long a webhook stays on record after its end. */
const deliveryKeptMs = 7 * 24 * 60 * 60_000;
/** After so long a file that is not whole never will be. */
const uploadMs = 24 * 60 * 60_000;
/** Rows of one statement: a transaction stays short. */
const portion = 500;

/**
 * Removes what is past its time: jobs, batches, files, webhooks, kept answers, training examples, counts of personal data.
 *
 * @throws `database_unavailable`
 */
export async function removeOld(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const now = clock.now();
  const remove = async (table: PgTable, key: PgColumn, isOld: SQL): Promise<void> => {
    for (let count = portion; count === portion && !signal.aborted;) {
      const removed = await onConnection(database, (connection) =>
        connection
          .delete(table)
          .where(inArray(key, connection.select({ key }).from(table).where(isOld).limit(portion)))
          .returning({ key }),
      );
      count = removed.length;
    }
  };
  await remove(jobs, jobs.id, lt(jobs.removeAt, new Date(now)));
  await remove(batches, batches.id, lt(batches.removeAt, new Date(now)));
  await remove(
    files,
    files.id,
    sql`${lt(files.expiresAt, new Date(now))} or (${files.completedAt} is null and ${lt(files.createdAt, new Date(now - uploadMs))})`,
  );
  await remove(
    webhookDeliveries,
    webhookDeliveries.id,
    lt(webhookDeliveries.endedAt, new Date(now - deliveryKeptMs)),
  );
  await remove(keptAnswers, keptAnswers.key, lt(keptAnswers.expiresAt, new Date(now)));
  const oldestDay = new Date(now - findingsKeptMs).toISOString().slice(0, 10);
  await remove(piiFindings, piiFindings.requestId, lt(piiFindings.day, oldestDay));
  await remove(trainingExamples, trainingExamples.requestId, lt(trainingExamples.expiresAt, new Date(now)));
}
