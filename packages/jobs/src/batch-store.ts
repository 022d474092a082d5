import { and, desc, eq, inArray, lt, sql } from '@millrace/store/sql';
import type { Priority } from '@millrace/contracts';
import type { GatewayPrincipal } from '@millrace/relay';
import {
  batches,
  batchLines,
  inTransaction,
  onConnection,
  type Database,
  type Transaction,
} from '@millrace/store';
import { batchColumns, batchOf, type Batch, type BatchDetails, type BatchError } from './batch.ts';
import { isId, newId, type JobDependencies } from './job-dependencies.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { ownerOf, visibleTo } from './principal.ts';
import { openJson, sealJson } from './sealed-json.ts';

export interface NewBatch {
  readonly principal: GatewayPrincipal;
  readonly endpoint: string;
  readonly priority: Priority;
  readonly inputFileId: string;
  readonly completionWindow: string;
  readonly windowMs: number;
  readonly details: BatchDetails;
}

/** A batch with its content. */
export interface WholeBatch {
  readonly batch: Batch;
  readonly details: BatchDetails;
  readonly errors: readonly BatchError[];
}

/** Batches as their owners see them. All methods throw `database_unavailable`. */
export interface BatchStore {
  /** Writes a batch as part of a transaction. */
  create(transaction: Transaction, batch: NewBatch): Promise<WholeBatch>;
  find(principal: GatewayPrincipal, id: string): Promise<WholeBatch | undefined>;
  list(principal: GatewayPrincipal, page: PageRequest): Promise<Page<WholeBatch>>;
  /** Has it stopped; one that has ended or is about to stays as it is. @returns undefined where there is none */
  cancel(principal: GatewayPrincipal, id: string): Promise<WholeBatch | undefined>;
}

const columns = { ...batchColumns, details: batches.details, errors: batches.errors };

export function createBatchStore({ database, sealing, clock, nextId }: JobDependencies): BatchStore {
  const whole = async (row: WholeRow): Promise<WholeBatch> => {
    const box = await sealing.forUser(row.tenant, row.user);
    const batch = batchOf(row);
    return {
      batch: batch.inProgressAt === undefined ? batch : await counted(database, batch),
      details: openJson(box, `${row.id}:details`, row.details) as BatchDetails,
      errors:
        row.errors === null ? [] : (openJson(box, `${row.id}:errors`, row.errors) as readonly BatchError[]),
    };
  };

  const find = async (principal: GatewayPrincipal, id: string): Promise<WholeBatch | undefined> => {
    if (!isId(id)) return undefined;
    const [row] = await onConnection(database, (connection) =>
      connection
        .select(columns)
        .from(batches)
        .where(and(visibleTo(principal, batches), eq(batches.id, id))),
    );
    return row === undefined ? undefined : whole(row);
  };

  return {
    async create(
      transaction,
      { principal, endpoint, priority, inputFileId, completionWindow, windowMs, details },
    ) {
      const box = await sealing.forUser(principal.tenant, principal.user_id);
      const id = newId(nextId, 'batch_');
      const now = clock.now();
      const [row] = await transaction
        .insert(batches)
        .values({
          id,
          ...ownerOf(principal),
          endpoint,
          priority,
          completionWindow,
          status: 'validating',
          inputFileId,
          details: sealJson(box, `${id}:details`, details),
          createdAt: new Date(now),
          expiresAt: new Date(now + windowMs),
        })
        .returning(columns);
      if (row === undefined) throw new Error('an insert returned nothing');
      return whole(row);
    },

    find,

    async list(principal, { limit, after }) {
      const rows = await onConnection(database, (connection) =>
        connection
          .select(columns)
          .from(batches)
          .where(and(visibleTo(principal, batches), after === undefined ? undefined : lt(batches.id, after)))
          .orderBy(desc(batches.id))
          .limit(limit + 1),
      );
      return pageOf(await Promise.all(rows.map(whole)), limit);
    },

    async cancel(principal, id) {
      if (!isId(id)) return undefined;
      await inTransaction(database, (transaction) =>
        transaction
          .update(batches)
          .set({ status: 'cancelling', cancellingAt: new Date(clock.now()) })
          .where(
            and(
              visibleTo(principal, batches),
              eq(batches.id, id),
              inArray(batches.status, ['validating', 'in_progress']),
            ),
          ),
      );
      return find(principal, id);
    },
  };
}

type WholeRow = { readonly [Column in keyof typeof columns]: (typeof batches.$inferSelect)[Column] };

/** Those of a batch that runs are counted; those of one that has ended stand in its row. */
async function counted(database: Database, batch: Batch): Promise<Batch> {
  if (!['in_progress', 'finalizing', 'cancelling'].includes(batch.status)) return batch;
  const [counts] = await onConnection(database, (connection) =>
    connection
      .select({
        completed: sql<number>`(count(*) filter (where ${batchLines.status} = 'completed'))::float8`,
        failed: sql<number>`(count(*) filter (where ${batchLines.status} = 'failed'))::float8`,
      })
      .from(batchLines)
      .where(eq(batchLines.batchId, batch.id)),
  );
  return counts === undefined ? batch : { ...batch, counts: { total: batch.counts.total, ...counts } };
}
