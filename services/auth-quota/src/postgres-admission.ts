import { and, asc, isNull, lt, sql } from '@millrace/store/sql';
import { createBudgetAlerts, type BudgetAlertsDependencies, type RequestPrices } from '@millrace/quota';
import { claims, execute, inTransaction, type Database, type Transaction } from '@millrace/store';
import { addModels } from './admission-queries.ts';
import type { Admission, AdmissionRequest, OpenClaim } from './admission.ts';
import { claimRequests } from './claim-requests.ts';
import { settleClaims } from './settle-claims.ts';

export interface AdmissionDependencies extends BudgetAlertsDependencies {
  /** Most requests of one model that are admitted and have not ended. */
  readonly maxQueue: number;
  readonly database: Database;
  readonly prices: RequestPrices;
}

/** Any number, the same in all replicas: who has this lock looks after overdue claims. */
const reaperLock = 7_246_001;

/** Claims and counters in PostgreSQL. */
export function createPostgresAdmission(dependencies: AdmissionDependencies): Admission {
  const { database } = dependencies;
  const budgetAlerts = createBudgetAlerts(dependencies);
  const counted = new Set<string>();
  const countModels = async (requests: readonly AdmissionRequest[]): Promise<void> => {
    const models = [...new Set(requests.map(({ event }) => event.model))].filter(
      (model) => !counted.has(model),
    );
    if (models.length === 0) return;
    await execute(database, addModels(models));
    for (const model of models) counted.add(model);
  };
  return {
    async claim(requests) {
      if (requests.length === 0) return new Map();
      await countModels(requests);
      return claimRequests(dependencies, requests);
    },

    async settle(closings) {
      if (closings.length === 0) return;
      await settleClaims({ ...dependencies, budgetAlerts }, closings);
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
  };
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
