import { and, asc, isNull, lt, sql } from 'drizzle-orm';
import type { Codec } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import {
  claims,
  execute,
  inTransaction,
  rateWindows,
  transact,
  type Database,
  type Transaction,
} from '@millrace/store';
import {
  admissionFacts,
  lockTenants,
  notePublished,
  settleClaims,
  writeDecisions,
  type AdmissionFacts,
  type ClaimRow,
  type Decided,
  type TenantRow,
} from './admission-queries.ts';
import { judge, type Candidate } from './admission-rules.ts';
import type { Admission, AdmissionRequest, Claim, OpenClaim } from './admission.ts';
import { ModelQueues } from './model-queues.ts';

interface AdmissionDependencies {
  /** Most requests of one model that are admitted and have not ended. */
  readonly maxQueue: number;
  readonly database: Database;
  readonly codec: Codec;
  readonly clock: Clock;
}

/** Any number, the same in all replicas: who has this lock looks after overdue claims. */
const reaperLock = 7_246_001;

/** Claims and counters in PostgreSQL. */
export function createPostgresAdmission(dependencies: AdmissionDependencies): Admission {
  const { database, clock } = dependencies;
  return {
    claim: async (requests) => (requests.length === 0 ? new Map() : claimAll(dependencies, requests)),

    async markPublished(requestIds) {
      if (requestIds.length > 0) await execute(database, notePublished(requestIds, clock.now()));
    },

    async settle(closings) {
      if (closings.length === 0) return;
      await execute(database, settleClaims(closings));
    },

    withOverdue: (before, limit, handle) =>
      inTransaction(database, async (transaction) => {
        const lock = await transaction.execute<{ taken: boolean }>(
          sql`select pg_try_advisory_xact_lock(${reaperLock}) as taken`,
        );
        if (lock.rows[0]?.taken !== true) return 0;
        const overdue = await overdueClaims(transaction, before, limit);
        if (overdue.length > 0) await handle(overdue);
        return overdue.length;
      }),

    async forgetClaims(before) {
      await database.delete(claims).where(lt(claims.closedAt, new Date(before)));
    },

    async forgetWindows(before) {
      await database.delete(rateWindows).where(lt(rateWindows.windowStart, new Date(before)));
    },
  };
}

/** Tenants locked, requests looked up and counted behind the lock, decisions written. */
async function claimAll(
  { database, codec, clock, maxQueue }: AdmissionDependencies,
  requests: readonly AdmissionRequest[],
): Promise<ReadonlyMap<string, Claim>> {
  const now = clock.now();
  const ids = requests.map(({ event }) => event.request_id);
  const names = [...new Set(requests.map(({ event }) => event.tenant))].toSorted();
  const models = [...new Set(requests.map(({ event }) => event.model))];
  return transact(
    database,
    [lockTenants(names), admissionFacts(ids, names, models, now)],
    (limits, [facts]) => {
      const decisions = new Map(facts.present.map((row) => [row.requestId, claimOf(row)]));
      const undecided = requests.filter(({ event }) => !decisions.has(event.request_id));
      const queues = new ModelQueues(maxQueue, facts.openOfModel);
      const decided = decideAll(
        undecided,
        new Map(limits.map((row) => [row.tenant, row])),
        facts,
        queues,
        now,
      );
      for (const { requestId, refusal } of decided)
        decisions.set(requestId, {
          refusal,
          decidedAt: now,
          isNew: true,
          isPublished: false,
          isClosed: false,
        });
      // There is nothing that a claim of an unknown tenant could belong to; it is refused again should it come again.
      const known = decided.filter(({ event }) => limits.some(({ tenant }) => tenant === event.tenant));
      const statements = known.length === 0 ? [] : [writeDecisions(codec, known, now)];
      return { statements, result: decisions };
    },
  );
}

function claimOf({ code, message, retryAfterMs, decidedAt, isPublished, isClosed }: ClaimRow): Claim {
  const refusal =
    code === null ? undefined : { code, message: message ?? '', retryAfterMs: retryAfterMs ?? undefined };
  return { refusal, decidedAt, isNew: false, isPublished, isClosed };
}

/** Decides on each request once, tenant by tenant; leaves out those that may wait for one in flight to end. */
function decideAll(
  requests: readonly AdmissionRequest[],
  limits: ReadonlyMap<string, TenantRow>,
  { admittedInWindow, inFlight }: AdmissionFacts,
  queues: ModelQueues,
  now: number,
): readonly Decided[] {
  const undecided = new Map(requests.map((request) => [request.event.request_id, request]));
  return [...Map.groupBy(undecided.values(), ({ event }) => event.tenant)].flatMap(([tenant, group]) =>
    judge(
      group.map(candidateOf),
      limits.get(tenant),
      { admittedInWindow: admittedInWindow[tenant] ?? 0, inFlight: inFlight[tenant] ?? 0 },
      queues,
      now,
    ).flatMap((verdict) => {
      const request = undecided.get(verdict.requestId);
      const waits = verdict.refusal?.code === 'too_many_in_flight' && request?.mayWait === true;
      return request === undefined || waits ? [] : [{ ...verdict, event: request.event }];
    }),
  );
}

function candidateOf({ event, cancelled }: AdmissionRequest): Candidate {
  return { requestId: event.request_id, model: event.model, deadlineAt: event.deadline_at, cancelled };
}

async function overdueClaims(
  transaction: Transaction,
  before: number,
  limit: number,
): Promise<readonly OpenClaim[]> {
  const rows = await transaction
    .select()
    .from(claims)
    .where(and(isNull(claims.closedAt), lt(claims.deadlineAt, new Date(before))))
    .orderBy(asc(claims.deadlineAt))
    .limit(limit);
  return rows.map(({ requestId, code, decidedAt, event }) => ({
    requestId,
    decision: code === null ? 'admitted' : 'rejected',
    decidedAt: decidedAt.getTime(),
    event,
  }));
}
