import { eq, inArray, or, and, sql, type SQL, type PgColumn, type PgTable } from '@millrace/store/sql';
import {
  batches,
  files,
  jobs,
  keptAnswers,
  trainingExamples,
  webhookDeliveries,
  type Transaction,
} from '@millrace/store';
import { belongsTo, type DataSubject } from '../data-subject.ts';

/** A table with content of clients. */
export interface ContentStore {
  /** As reports name it. */
  readonly name: string;
  readonly table: PgTable;
  readonly key: PgColumn;
  readonly isOf: (subject: DataSubject) => SQL | undefined;
}

/** In the order in which they are emptied: what tells of jobs and batches before these. */
export const contentStores: readonly ContentStore[] = [
  {
    name: 'webhooks',
    table: webhookDeliveries,
    key: webhookDeliveries.id,
    isOf(subject) {
      const isTenants = eq(webhookDeliveries.tenant, subject.tenant);
      if (subject.user === null) return isTenants;
      const ofJobs = sql`(select ${jobs.id} from ${jobs} where ${belongsTo(subject, jobs)})`;
      const ofBatches = sql`(select ${batches.id} from ${batches} where ${belongsTo(subject, batches)})`;
      const { subjectId } = webhookDeliveries;
      return and(isTenants, or(inArray(subjectId, ofJobs), inArray(subjectId, ofBatches)));
    },
  },
  { name: 'jobs', table: jobs, key: jobs.id, isOf: (subject) => belongsTo(subject, jobs) },
  { name: 'batches', table: batches, key: batches.id, isOf: (subject) => belongsTo(subject, batches) },
  { name: 'files', table: files, key: files.id, isOf: (subject) => belongsTo(subject, files) },
  {
    name: 'kept_answers',
    table: keptAnswers,
    key: keptAnswers.key,
    isOf: ({ tenant, user }) =>
      belongsTo({ tenant, user }, { tenant: keptAnswers.tenant, user: keptAnswers.user }),
  },
  {
    name: 'training_examples',
    table: trainingExamples,
    key: trainingExamples.requestId,
    isOf: (subject) => belongsTo(subject, trainingExamples),
  },
];

/** Removes some rows of the subject. @returns how many */
export async function removeSome(
  transaction: Transaction,
  { table, key, isOf }: ContentStore,
  subject: DataSubject,
  most: number,
): Promise<number> {
  const some = transaction.select({ key }).from(table).where(isOf(subject)).limit(most);
  const removed = await transaction.delete(table).where(inArray(key, some)).returning({ key });
  return removed.length;
}
