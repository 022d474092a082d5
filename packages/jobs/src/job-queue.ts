import { and, eq, inArray, notInArray, or, sql } from '@millrace/store/sql';
import { apiKeys, inTransaction, jobs, onConnection, users } from '@millrace/store';
import { writeEnd, type JobEnding } from './end-job.ts';
import { jobColumns, jobOf, type Job, type JobKind, type JobRequest } from './job.ts';
import type { JobDependencies } from './job-dependencies.ts';
import { openJson } from './sealed-json.ts';

/** A job that a runner works on. */
export interface TakenJob {
  readonly job: Job;
  readonly request: JobRequest;
  /** Whether the API key that made it still stands. */
  readonly isKeyValid: boolean;
}

/**
 * Jobs as their runners see them: each belongs to one runner at a time, for as long as its lease is kept. All methods throw
 * `database_unavailable`.
 */
export interface JobQueue {
  /** The job to begin with next, if there is one, of none of these tenants. */
  take(fullTenants: readonly string[]): Promise<TakenJob | undefined>;
  /** @returns ids of those among these that are still this runner's, and of those that are to be stopped */
  keep(
    ids: readonly string[],
  ): Promise<{ readonly kept: readonly string[]; readonly cancelled: readonly string[] }>;
  /** @returns whether it is to be stopped; undefined where it is no longer this runner's */
  started(id: string, requestId: string): Promise<boolean | undefined>;
  /** Hands it back, for another attempt not before this time. */
  postpone(
    id: string,
    again: { readonly notBefore: number; readonly isAttemptOver: boolean; readonly isFailure: boolean },
  ): Promise<void>;
  end(taken: TakenJob, ending: JobEnding): Promise<Job | undefined>;
  /** Hands all back, to be taken up by others where they stand. */
  release(): Promise<void>;
}

/** @param leaseMs how long a runner may be silent */
export function createJobQueue(
  dependencies: JobDependencies,
  kind: JobKind,
  runner: string,
  leaseMs: number,
): JobQueue {
  const { database, sealing, clock } = dependencies;
  const lease = sql`now() + ${leaseMs}::int * interval '1 millisecond'`;
  const own = (id: string) => and(eq(jobs.id, id), eq(jobs.runner, runner));

  return {
    async take(fullTenants) {
      const now = new Date(clock.now());
      const row = await inTransaction(database, async (transaction) => {
        const due = transaction
          .select({ id: jobs.id })
          .from(jobs)
          .where(
            and(
              eq(jobs.kind, kind),
              inArray(jobs.status, ['queued', 'running']),
              sql`${jobs.notBefore} <= ${now.toISOString()}::timestamptz`,
              sql`(${jobs.leaseUntil} is null or ${jobs.leaseUntil} < now())`,
              fullTenants.length === 0 ? undefined : notInArray(jobs.tenant, [...fullTenants]),
            ),
          )
          .orderBy(
            sql`case ${jobs.priority} when 'HIGH' then 0 when 'NORMAL' then 1 else 2 end`,
            jobs.notBefore,
            jobs.id,
          )
          .limit(1)
          .for('update', { skipLocked: true });
        const [taken] = await transaction
          .update(jobs)
          .set({
            status: 'running',
            startedAt: sql`coalesce(${jobs.startedAt}, ${now.toISOString()}::timestamptz)`,
            runner,
            leaseUntil: lease,
          })
          .where(sql`${jobs.id} = ${due}`)
          .returning({
            ...jobColumns,
            request: jobs.request,
            // Who came with a token of an identity provider has no key: its id stands for the user.
            isKeyValid: sql<boolean>`exists (select from ${apiKeys} where ${apiKeys.id} = ${jobs.keyId} and ${apiKeys.revokedAt} is null)
              or exists (select from ${users} where ${users.id} = ${jobs.user} and ${users.disabledAt} is null
                and ${jobs.keyId} = replace(${users.id}, 'usr_', 'sso_'))`,
          });
        return taken;
      });
      if (row === undefined) return undefined;
      const box = await sealing.forUser(row.tenant, row.user);
      return {
        job: jobOf(row),
        request: openJson(box, `${row.id}:request`, row.request) as JobRequest,
        isKeyValid: row.isKeyValid,
      };
    },

    async keep(ids) {
      if (ids.length === 0) return { kept: [], cancelled: [] };
      const rows = await onConnection(database, (connection) =>
        connection
          .update(jobs)
          .set({ leaseUntil: lease })
          .where(and(inArray(jobs.id, [...ids]), eq(jobs.runner, runner)))
          .returning({ id: jobs.id, isCancelRequested: jobs.isCancelRequested }),
      );
      return {
        kept: rows.map(({ id }) => id),
        cancelled: rows.filter(({ isCancelRequested }) => isCancelRequested).map(({ id }) => id),
      };
    },

    async started(id, requestId) {
      const [row] = await onConnection(database, (connection) =>
        connection
          .update(jobs)
          .set({ requestId })
          .where(own(id))
          .returning({ isCancelRequested: jobs.isCancelRequested }),
      );
      return row?.isCancelRequested;
    },

    async postpone(id, { notBefore, isAttemptOver, isFailure }) {
      await onConnection(database, (connection) =>
        connection
          .update(jobs)
          .set({
            status: 'queued',
            notBefore: new Date(notBefore),
            attempt: isAttemptOver ? sql`${jobs.attempt} + 1` : jobs.attempt,
            failures: isFailure ? sql`${jobs.failures} + 1` : jobs.failures,
            runner: null,
            leaseUntil: null,
          })
          .where(own(id)),
      );
    },

    end: (taken, ending) =>
      inTransaction(database, (transaction) => writeEnd(dependencies, transaction, taken, ending, runner)),

    async release() {
      await onConnection(database, (connection) =>
        connection
          .update(jobs)
          .set({ runner: null, leaseUntil: null })
          .where(
            and(
              eq(jobs.kind, kind),
              eq(jobs.runner, runner),
              or(eq(jobs.status, 'queued'), eq(jobs.status, 'running')),
            ),
          ),
      );
    },
  };
}
