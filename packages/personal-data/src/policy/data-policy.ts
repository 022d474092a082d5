import { eq, sql } from '@millrace/store/sql';
import { noteChanges, publishControlChanges } from '@millrace/control-plane';
import { MillraceError } from '@millrace/runtime';
import { announceDataPolicy } from '@millrace/stage';
import {
  batches,
  dataPolicies,
  files,
  inTransaction,
  jobs,
  keptAnswers,
  onConnection,
  tenants,
  trainingExamples,
  type Database,
  type Transaction,
} from '@millrace/store';
import type { PersonalDataDependencies } from '../data-subject.ts';

/** What is done with the content of a tenant. Times are in milliseconds; null: as long as the platform keeps it. */
export interface DataPolicySettings {
  /** Nothing is kept once its client has it. */
  readonly zeroRetention: boolean;
  /** Jobs, responses and batches after their end. */
  readonly jobsMs: number | null;
  readonly filesMs: number | null;
  /** Answers to idempotency keys. */
  readonly answersMs: number | null;
  /** Whether requests may consent that they are kept as training examples. */
  readonly trainingAllowed: boolean;
  /** Training examples; null: 90 days. */
  readonly trainingMs: number | null;
}

/** A policy as it is kept. */
export interface StoredDataPolicy extends DataPolicySettings {
  /** Counts changes; 0: the tenant has none of its own. */
  readonly version: number;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Shortest and longest times. What streams hold of a request is kept for 15 minutes, or until it is answered, in any case. */
const bounds = {
  jobsMs: { min: minuteMs, max: 30 * dayMs },
  filesMs: { min: minuteMs, max: 30 * dayMs },
  answersMs: { min: minuteMs, max: dayMs },
  trainingMs: { min: minuteMs, max: 10 * 365 * dayMs },
} as const;

export const defaultTrainingMs = 90 * dayMs;

const none: StoredDataPolicy = {
  zeroRetention: false,
  jobsMs: null,
  filesMs: null,
  answersMs: null,
  trainingAllowed: false,
  trainingMs: null,
  version: 0,
};

/** @throws `database_unavailable` */
export function readDataPolicy(database: Database, tenant: string): Promise<StoredDataPolicy> {
  return onConnection(database, (connection) => findDataPolicy(connection, tenant));
}

/** The same for those who read in a transaction. */
export async function findDataPolicy(
  connection: Pick<Transaction, 'select'>,
  tenant: string,
): Promise<StoredDataPolicy> {
  const [row] = await connection.select().from(dataPolicies).where(eq(dataPolicies.tenant, tenant));
  if (row === undefined) return none;
  const { tenant: _tenant, updatedAt: _updatedAt, ...policy } = row;
  return policy;
}

/**
 * Sets the policy of a tenant, and tells all processes.
 *
 * @throws as `changeDataPolicy`; `database_unavailable`, `unavailable`
 */
export async function setDataPolicy(
  dependencies: Pick<PersonalDataDependencies, 'database' | 'bus' | 'codec' | 'clock'>,
  tenant: string,
  settings: DataPolicySettings,
): Promise<StoredDataPolicy> {
  const { database } = dependencies;
  const set = await inTransaction(database, (transaction) =>
    changeDataPolicy(dependencies, transaction, tenant, () => settings),
  );
  await publishControlChanges(dependencies);
  return set;
}

/**
 * Changes the policy of a tenant. It holds for what is there too: what it allows no longer is removed with the next round. All
 * processes are told with the next `publishControlChanges`.
 *
 * @param change makes it of the policy that is there
 * @param version of that policy; undefined: any
 * @throws `invalid_value` and `conflicting_values` naming the field; `request_not_found` where there is no such tenant;
 *   `version_conflict`, and what `change` throws
 */
export async function changeDataPolicy(
  { clock }: Pick<PersonalDataDependencies, 'clock'>,
  transaction: Transaction,
  tenant: string,
  change: (present: StoredDataPolicy) => DataPolicySettings,
  version?: number,
): Promise<StoredDataPolicy> {
  const [known] = await transaction
    .select({ id: tenants.id })
    .from(tenants)
    .where(eq(tenants.id, tenant))
    .for('no key update');
  if (known === undefined)
    throw new MillraceError('request_not_found', `There is no tenant ${tenant}.`, { param: 'tenant' });
  const present = await findDataPolicy(transaction, tenant);
  requireVersion(present, version);
  const wanted = change(present);
  validate(wanted);
  const values = { ...wanted, updatedAt: new Date(clock.now()) };
  await transaction
    .insert(dataPolicies)
    .values({ tenant, ...values })
    .onConflictDoUpdate({
      target: dataPolicies.tenant,
      set: { ...values, version: sql`${dataPolicies.version} + 1` },
    });
  await shorten(transaction, tenant, wanted);
  await noteChanges(transaction, 'policy', [tenant]);
  return findDataPolicy(transaction, tenant);
}

/** @throws `version_conflict` */
function requireVersion({ version: present }: StoredDataPolicy, wanted: number | undefined): void {
  if (wanted !== undefined && wanted !== present)
    throw new MillraceError(
      'version_conflict',
      `The data policy was changed since it was read: its version is "${present}". Read it again.`,
      { param: 'If-Match' },
    );
}

/** Tells all processes of all policies: those that set one may not have come as far. @throws `database_unavailable`, `unavailable` */
export async function publishDataPolicies(
  dependencies: Pick<PersonalDataDependencies, 'database' | 'bus' | 'codec' | 'clock'>,
): Promise<void> {
  const rows = await onConnection(dependencies.database, (connection) =>
    connection.select().from(dataPolicies),
  );
  for (const { tenant, ...policy } of rows) await announceDataPolicy(dependencies, tenant, policy);
}

function validate({ zeroRetention, trainingAllowed, ...times }: DataPolicySettings): void {
  for (const [name, { min, max }] of Object.entries(bounds)) {
    const ms = times[name as keyof typeof bounds];
    if (ms === null || (Number.isInteger(ms) && ms >= min && ms <= max)) continue;
    throw new MillraceError(
      'invalid_value',
      `${name} is ${ms}: it must be a whole number of milliseconds from ${min} to ${max}, or null`,
      { param: name },
    );
  }
  if (zeroRetention && trainingAllowed)
    throw new MillraceError(
      'conflicting_values',
      'trainingAllowed and zeroRetention exclude each other: where nothing is kept there are no examples',
      { param: 'trainingAllowed' },
    );
}

/** Where nothing is kept, what was not fetched within this time goes all the same. */
const undeliveredMs = 60 * minuteMs;

/** Brings the ends of what is there forward; none is put off. */
async function shorten(
  transaction: Transaction,
  tenant: string,
  { zeroRetention, jobsMs, filesMs, answersMs, trainingMs }: DataPolicySettings,
): Promise<void> {
  const limit = (ms: number | null): number | null =>
    zeroRetention ? Math.min(ms ?? undeliveredMs, undeliveredMs) : ms;
  const [ofJobs, ofFiles, ofAnswers] = [limit(jobsMs), limit(filesMs), limit(answersMs)];
  if (ofJobs !== null) {
    await transaction
      .update(jobs)
      .set({
        retentionMs: sql`least(${jobs.retentionMs}, ${ofJobs}::bigint)`,
        removeAt: sql`case when ${jobs.endedAt} is null then null else ${until(jobs.removeAt, jobs.endedAt, ofJobs)} end`,
      })
      .where(eq(jobs.tenant, tenant));
    const ended = sql`greatest(${batches.completedAt}, ${batches.failedAt}, ${batches.expiredAt}, ${batches.cancelledAt})`;
    await transaction
      .update(batches)
      .set({
        removeAt: sql`case when ${ended} is null then null else ${until(batches.removeAt, ended, ofJobs)} end`,
      })
      .where(eq(batches.tenant, tenant));
  }
  if (ofFiles !== null)
    await transaction
      .update(files)
      .set({
        expiresAt: until(files.expiresAt, sql`coalesce(${files.completedAt}, ${files.createdAt})`, ofFiles),
      })
      .where(eq(files.tenant, tenant));
  if (ofAnswers !== null)
    await transaction
      .update(keptAnswers)
      .set({ expiresAt: until(keptAnswers.expiresAt, keptAnswers.createdAt, ofAnswers) })
      .where(eq(keptAnswers.tenant, tenant));
  if (trainingMs !== null)
    await transaction
      .update(trainingExamples)
      .set({ expiresAt: until(trainingExamples.expiresAt, trainingExamples.createdAt, trainingMs) })
      .where(eq(trainingExamples.tenant, tenant));
  if (zeroRetention) await transaction.delete(trainingExamples).where(eq(trainingExamples.tenant, tenant));
}

function until(column: unknown, from: unknown, ms: number) {
  return sql`least(${column}, ${from} + ${ms}::bigint * interval '1 millisecond')`;
}
