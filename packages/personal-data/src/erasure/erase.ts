import { subjects } from '@millrace/contracts';
import { eq } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { inTransaction, onConnection, tenants } from '@millrace/store';
import type { DataSubject, PersonalDataDependencies } from '../data-subject.ts';
import {
  beginErasure,
  completeErasure,
  countRemoved,
  markStep,
  unfinishedErasures,
  type ErasureRow,
} from './erasure-record.ts';
import { remainsOf, type Remains } from './remains.ts';
import { removeNames, shutOut } from './shut-out.ts';
import { stopRequests } from './stop-requests.ts';
import { contentStores, removeSome } from './stores.ts';

/** What was done. Times are in milliseconds since the epoch. */
export interface ErasureReport extends DataSubject {
  readonly id: string;
  readonly requestedAt: number;
  readonly completedAt: number;
  /** By store: `jobs`, `files` and so on; `data_keys`, `api_keys`, `requests_cancelled`, `requests_left`. */
  readonly removed: Readonly<Record<string, number>>;
  /** What is still there, why, and until when. */
  readonly remains: readonly Remains[];
}

/** How long requests that are under way are waited for. */
const drainMs = 30_000;
/** Rows of one transaction. */
const portion = 500;

type Step = (
  dependencies: PersonalDataDependencies,
  subject: DataSubject,
  id: string,
  signal: AbortSignal,
) => Promise<void>;

/** In their order; each can be repeated, and is while it is not marked as done. */
const steps: readonly (readonly [name: string, run: Step])[] = [
  [
    'shut_out',
    async (dependencies, subject, id) =>
      count(dependencies, id, 'api_keys', await shutOut(dependencies, subject)),
  ],
  [
    'stop_requests',
    async (dependencies, subject, id, signal) => {
      const { cancelled, left } = await stopRequests(dependencies, subject, drainMs, signal);
      await count(dependencies, id, 'requests_cancelled', cancelled);
      await count(dependencies, id, 'requests_left', left);
    },
  ],
  ['shred', shred],
  ['purge_queues', purgeQueues],
  ['remove', remove],
  ['remove_names', (dependencies, subject) => removeNames(dependencies, subject)],
  // Work that was under way may have made a key or a row since.
  ['shred_again', shred],
  ['purge_queues_again', purgeQueues],
  ['remove_again', remove],
];

/**
 * Erases a tenant or a user: nothing of them is let in any more, what is under way is cancelled, their data keys are destroyed, so that
 * nothing that was sealed for them can be read again wherever it lies, and what the database has of them is removed. The ledger and the
 * audit chain, which have no content, stay.
 *
 * Safe to repeat: an erasure that was cut off goes on where it was, and one of what is erased already finds nothing.
 *
 * @throws `request_not_found` where there is no such tenant; `database_unavailable`, `unavailable`; the signal's reason
 */
export async function erase(
  dependencies: PersonalDataDependencies,
  subject: DataSubject,
  signal: AbortSignal,
): Promise<ErasureReport> {
  await requireTenant(dependencies, subject.tenant);
  const { row } = await inTransaction(dependencies.database, (transaction) =>
    beginErasure(dependencies, transaction, subject),
  );
  return finish(dependencies, row, signal);
}

/**
 * Finishes the erasures that were cut off.
 *
 * @param olderThanMs those that were begun later may be under way
 * @throws as `erase`
 */
export async function resumeErasures(
  dependencies: PersonalDataDependencies,
  signal: AbortSignal,
  olderThanMs = 0,
): Promise<readonly ErasureReport[]> {
  const { database, clock } = dependencies;
  const before = clock.now() - olderThanMs;
  const reports: ErasureReport[] = [];
  for (const row of await unfinishedErasures(database))
    if (row.requestedAt.getTime() <= before) reports.push(await finish(dependencies, row, signal));
  return reports;
}

/** The report of an erasure that was completed. */
export function reportOf(row: ErasureRow, completedAt: Date): ErasureReport {
  const { id, tenant, user, requestedAt, removed } = row;
  return {
    id,
    tenant,
    user,
    requestedAt: requestedAt.getTime(),
    completedAt: completedAt.getTime(),
    removed,
    remains: remainsOf(completedAt.getTime()),
  };
}

async function finish(
  dependencies: PersonalDataDependencies,
  { id, tenant, user, steps: done }: ErasureRow,
  signal: AbortSignal,
): Promise<ErasureReport> {
  const { database, clock } = dependencies;
  for (const [name, run] of steps) {
    signal.throwIfAborted();
    if (done.includes(name)) continue;
    await run(dependencies, { tenant, user }, id, signal);
    await markStep(database, id, name);
  }
  const row = await completeErasure(database, id, clock.now());
  return reportOf(row, row.completedAt ?? new Date(clock.now()));
}

async function shred(
  dependencies: PersonalDataDependencies,
  { tenant, user }: DataSubject,
  id: string,
): Promise<void> {
  const { sealing } = dependencies;
  const erased = await (user === null ? sealing.eraseTenant(tenant) : sealing.eraseUser(tenant, user));
  await count(dependencies, id, 'data_keys', erased);
}

/** What upstream systems have written, and were answered, is not sealed by us: it is removed. Queues belong to tenants. */
async function purgeQueues(
  dependencies: PersonalDataDependencies,
  { tenant, user }: DataSubject,
  id: string,
): Promise<void> {
  if (user !== null) return;
  const { bus } = dependencies;
  await count(dependencies, id, 'queued_requests', await bus.purge('INTAKE', subjects.intakesOf(tenant)));
  await count(dependencies, id, 'queue_answers', await bus.purge('ANSWERS', subjects.answersOf(tenant)));
}

async function remove(
  { database }: PersonalDataDependencies,
  subject: DataSubject,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  for (const store of contentStores) {
    for (let removed = portion; removed === portion;) {
      signal.throwIfAborted();
      removed = await inTransaction(database, async (transaction) => {
        const some = await removeSome(transaction, store, subject, portion);
        await countRemoved(transaction, id, store.name, some);
        return some;
      });
    }
  }
}

async function count(
  { database }: PersonalDataDependencies,
  id: string,
  what: string,
  number: number,
): Promise<void> {
  await onConnection(database, (connection) => countRemoved(connection, id, what, number));
}

async function requireTenant({ database }: PersonalDataDependencies, tenant: string): Promise<void> {
  const [row] = await onConnection(database, (connection) =>
    connection.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenant)),
  );
  if (row === undefined)
    throw new MillraceError('request_not_found', `There is no tenant ${tenant}.`, { param: 'tenant' });
}
