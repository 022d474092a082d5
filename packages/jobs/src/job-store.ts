import { and, desc, eq, inArray, lt } from '@millrace/store/sql';
import type { Priority } from '@millrace/contracts';
import type { GatewayPrincipal } from '@millrace/relay';
import { inTransaction, jobs, onConnection, type Transaction } from '@millrace/store';
import { writeEnd } from './end-job.ts';
import {
  jobColumns,
  jobOf,
  type Job,
  type JobKind,
  type JobRequest,
  type JobResult,
  type JobStatus,
} from './job.ts';
import { isId, newId, type JobDependencies } from './job-dependencies.ts';
import { allowedMs, isZeroRetention } from './kept-until.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { ownerOf, visibleTo } from './principal.ts';
import { openJson, sealJson } from './sealed-json.ts';

export interface NewJob {
  readonly kind: JobKind;
  readonly principal: GatewayPrincipal;
  readonly endpoint: string;
  readonly priority: Priority;
  readonly request: JobRequest;
  /** How long it may take. */
  readonly lifetimeMs: number;
  /** How long it is kept after its end. */
  readonly retentionMs: number;
}

/** A job with its content. */
export interface WholeJob {
  readonly job: Job;
  readonly request: JobRequest;
  /** Undefined until it has ended. */
  readonly result: JobResult | undefined;
}

/** Which jobs of a principal. */
interface JobFilter extends PageRequest {
  readonly kind: JobKind;
  readonly status: JobStatus | undefined;
}

/** Jobs as their owners see them. All methods throw `database_unavailable`. */
export interface JobStore {
  /** Writes a job as part of a transaction. */
  create(transaction: Transaction, job: NewJob): Promise<Job>;
  find(principal: GatewayPrincipal, kind: JobKind, id: string): Promise<WholeJob | undefined>;
  list(principal: GatewayPrincipal, filter: JobFilter): Promise<Page<Job>>;
  /**
   * Ends a job that waits, and has one that runs stopped by its runner; one that has ended stays as it is.
   *
   * @returns undefined where there is none
   */
  cancel(principal: GatewayPrincipal, kind: JobKind, id: string): Promise<Job | undefined>;
  /** Forgets a job that has ended. @returns what it was; `isRemoved` false where it has not ended */
  remove(
    principal: GatewayPrincipal,
    kind: JobKind,
    id: string,
  ): Promise<{ readonly job: Job; readonly isRemoved: boolean } | undefined>;
  /** The client has the result of a job: where nothing of its tenant is kept, that is forgotten. */
  delivered(principal: GatewayPrincipal, kind: JobKind, id: string): Promise<void>;
}

const ended = ['completed', 'failed', 'cancelled', 'expired'];

const one = (principal: GatewayPrincipal, kind: JobKind, id: string) =>
  and(visibleTo(principal, jobs), eq(jobs.kind, kind), eq(jobs.id, id));

export function createJobStore(dependencies: JobDependencies): JobStore {
  const { database, sealing, clock, nextId } = dependencies;

  return {
    async create(transaction, { kind, principal, endpoint, priority, request, lifetimeMs, retentionMs }) {
      const box = await sealing.forUser(principal.tenant, principal.user_id);
      const id = newId(nextId, kind === 'job' ? 'job_' : 'resp_');
      const now = clock.now();
      const [row] = await transaction
        .insert(jobs)
        .values({
          id,
          ...ownerOf(principal),
          kind,
          endpoint,
          priority,
          status: 'queued',
          request: sealJson(box, `${id}:request`, request),
          createdAt: new Date(now),
          notBefore: new Date(now),
          deadlineAt: new Date(now + lifetimeMs),
          retentionMs: allowedMs('jobs', principal.tenant, retentionMs),
        })
        .returning(jobColumns);
      if (row === undefined) throw new Error('an insert returned nothing');
      return jobOf(row);
    },

    async find(principal, kind, id) {
      if (!isId(id)) return undefined;
      const [row] = await onConnection(database, (connection) =>
        connection
          .select({ ...jobColumns, request: jobs.request, result: jobs.result })
          .from(jobs)
          .where(one(principal, kind, id)),
      );
      if (row === undefined) return undefined;
      const box = await sealing.forUser(row.tenant, row.user);
      return {
        job: jobOf(row),
        request: openJson(box, `${id}:request`, row.request) as JobRequest,
        result: row.result === null ? undefined : (openJson(box, `${id}:result`, row.result) as JobResult),
      };
    },

    async list(principal, { kind, status, limit, after }) {
      const rows = await onConnection(database, (connection) =>
        connection
          .select(jobColumns)
          .from(jobs)
          .where(
            and(
              visibleTo(principal, jobs),
              eq(jobs.kind, kind),
              status === undefined ? undefined : eq(jobs.status, status),
              after === undefined ? undefined : lt(jobs.id, after),
            ),
          )
          .orderBy(desc(jobs.id))
          .limit(limit + 1),
      );
      return pageOf(rows.map(jobOf), limit);
    },

    cancel: (principal, kind, id) =>
      inTransaction(database, async (transaction) => {
        if (!isId(id)) return undefined;
        const [row] = await transaction
          .select({ ...jobColumns, request: jobs.request })
          .from(jobs)
          .where(one(principal, kind, id))
          .for('update');
        if (row === undefined) return undefined;
        if (row.status === 'queued') {
          const box = await sealing.forUser(row.tenant, row.user);
          const request = openJson(box, `${id}:request`, row.request) as JobRequest;
          return writeEnd(dependencies, transaction, { job: jobOf(row), request }, { status: 'cancelled' });
        }
        if (row.status !== 'running') return jobOf(row);
        const [flagged] = await transaction
          .update(jobs)
          .set({ isCancelRequested: true })
          .where(eq(jobs.id, id))
          .returning(jobColumns);
        return jobOf(flagged ?? row);
      }),

    remove: (principal, kind, id) =>
      inTransaction(database, async (transaction) => {
        if (!isId(id)) return undefined;
        const [row] = await transaction
          .select(jobColumns)
          .from(jobs)
          .where(one(principal, kind, id))
          .for('update');
        if (row === undefined) return undefined;
        const removed = await transaction
          .delete(jobs)
          .where(and(eq(jobs.id, id), inArray(jobs.status, ended)))
          .returning({ id: jobs.id });
        return { job: jobOf(row), isRemoved: removed.length > 0 };
      }),

    async delivered(principal, kind, id) {
      if (!isId(id)) return;
      await onConnection(database, (connection) =>
        connection
          .delete(jobs)
          .where(
            and(one(principal, kind, id), inArray(jobs.status, ended), isZeroRetention(principal.tenant)),
          ),
      );
      // One that its runner has yet to end goes then.
      await onConnection(database, (connection) =>
        connection
          .update(jobs)
          .set({ retentionMs: 0 })
          .where(and(one(principal, kind, id), isZeroRetention(principal.tenant))),
      );
    },
  };
}
