import { and, asc, eq, gt, inArray, notInArray, sql } from '@millrace/store/sql';
import { MillraceError } from '@millrace/runtime';
import { batches, batchLines, files, inTransaction, onConnection, type Transaction } from '@millrace/store';
import {
  batchColumns,
  batchOf,
  type Batch,
  type BatchDetails,
  type BatchEnd,
  type BatchError,
} from './batch.ts';
import { addBatchDelivery } from './batch-webhook.ts';
import type { FileWriter } from './file-store.ts';
import type { JobDependencies } from './job-dependencies.ts';
import { isZeroRetention, keptUntil } from './kept-until.ts';
import { openJson, sealJson } from './sealed-json.ts';

/** A request of a batch, as its line says. */
export interface BatchRequest {
  readonly customId: string;
  readonly body: unknown;
}

export interface BatchLine {
  /** Of the line in the input, from 1. */
  readonly number: number;
  readonly attempt: number;
  readonly request: BatchRequest;
}

/** A line that is done: its status, and what is written of it. */
export interface LineResult {
  readonly number: number;
  readonly status: 'completed' | 'failed';
  /** As it stands in the output or the error file. */
  readonly result: object;
}

/** A line as the files of the batch are written. */
export interface EndedLine {
  readonly number: number;
  readonly customId: string;
  /** Undefined: it was not done. */
  readonly ended: Pick<LineResult, 'status' | 'result'> | undefined;
}

export interface TakenBatch {
  readonly batch: Batch;
  readonly details: BatchDetails;
}

/**
 * Batches as their runners see them: each belongs to one runner at a time, for as long as its lease is kept. All methods throw
 * `database_unavailable`; `fenced` where the batch is no longer this runner's.
 */
export interface BatchQueue {
  /** The batch that has waited the longest, if there is one, of none of these tenants. */
  take(fullTenants: readonly string[]): Promise<TakenBatch | undefined>;
  /** @returns ids of those among these that are still this runner's, and of those that are to be stopped */
  keep(
    ids: readonly string[],
  ): Promise<{ readonly kept: readonly string[]; readonly cancelled: readonly string[] }>;
  /** Forgets the lines: the input is read from its start. */
  clearLines(batch: Batch): Promise<void>;
  addLines(batch: Batch, lines: readonly Omit<BatchLine, 'attempt'>[]): Promise<void>;
  /** All lines are there. One that was cancelled meanwhile stays so. */
  begin(batch: Batch, total: number): Promise<void>;
  /** The input cannot be used. The webhook that tells of it is written with it. */
  refuse(taken: TakenBatch, errors: readonly BatchError[], removeAt: number): Promise<void>;
  /** The next lines that are not done. */
  pendingLines(batch: Batch, afterNumber: number, limit: number): Promise<readonly BatchLine[]>;
  endLine(batch: Batch, line: LineResult): Promise<void>;
  /** The line goes into its next attempt. */
  nextAttempt(batch: Batch, number: number): Promise<void>;
  finalize(batch: Batch): Promise<void>;
  /** Lines in their order, to write the files of. */
  endedLines(batch: Batch, afterNumber: number, limit: number): Promise<readonly EndedLine[]>;
  /** Ends it, and writes the webhook that tells of it. */
  end(taken: TakenBatch, ending: BatchEnding): Promise<void>;
  /** Hands one back, or all, to be taken up where they stand. */
  release(id?: string): Promise<void>;
}

export interface BatchEnding {
  readonly status: BatchEnd;
  readonly completed: number;
  readonly failed: number;
  readonly output: FileWriter | undefined;
  readonly errors: FileWriter | undefined;
  readonly removeAt: number;
}

const place = (batch: Batch, number: number, field: 'request' | 'result'): string =>
  `${batch.id}:${number}:${field}`;

/** @param leaseMs how long a runner may be silent */
export function createBatchQueue(dependencies: JobDependencies, runner: string, leaseMs: number): BatchQueue {
  const { database, sealing, clock } = dependencies;
  const lease = sql`now() + ${leaseMs}::int * interval '1 millisecond'`;
  const boxOf = ({ principal }: Batch) => sealing.forUser(principal.tenant, principal.user_id);

  const removeOf = ({ principal }: Batch, removeAt: number) => {
    const now = new Date(clock.now());
    return keptUntil('jobs', principal.tenant, now, removeAt - now.getTime());
  };

  const update = async (
    batch: Batch,
    changes: Partial<typeof batches.$inferInsert> | Readonly<Record<string, unknown>>,
    more: (transaction: Transaction, updated: Batch) => Promise<unknown> = async () => undefined,
  ): Promise<void> => {
    await inTransaction(database, async (transaction) => {
      const [updated] = await transaction
        .update(batches)
        .set(changes)
        .where(and(eq(batches.id, batch.id), eq(batches.runner, runner)))
        .returning(batchColumns);
      if (updated === undefined) throw lost();
      await more(transaction, batchOf(updated));
    });
  };

  /** Ends a batch: forgets its lines, and has told whoever wants to be. */
  const finish = (
    { batch, details: { webhook } }: TakenBatch,
    changes: Readonly<Record<string, unknown>>,
    endedAt: number,
    more: (transaction: Transaction) => Promise<unknown> = async () => undefined,
  ): Promise<void> =>
    update(batch, { ...changes, runner: null, leaseUntil: null }, async (transaction, ended) => {
      await more(transaction);
      await transaction.delete(batchLines).where(eq(batchLines.batchId, batch.id));
      if (webhook !== undefined) await addBatchDelivery(dependencies, transaction, ended, webhook, endedAt);
    });

  return {
    async take(fullTenants) {
      const row = await inTransaction(database, async (transaction) => {
        const due = transaction
          .select({ id: batches.id })
          .from(batches)
          .where(
            and(
              inArray(batches.status, ['validating', 'in_progress', 'finalizing', 'cancelling']),
              sql`(${batches.leaseUntil} is null or ${batches.leaseUntil} < now())`,
              fullTenants.length === 0 ? undefined : notInArray(batches.tenant, [...fullTenants]),
            ),
          )
          .orderBy(batches.createdAt)
          .limit(1)
          .for('update', { skipLocked: true });
        const [taken] = await transaction
          .update(batches)
          .set({ runner, leaseUntil: lease })
          .where(sql`${batches.id} = ${due}`)
          .returning({ ...batchColumns, details: batches.details });
        return taken;
      });
      if (row === undefined) return undefined;
      const box = await sealing.forUser(row.tenant, row.user);
      return {
        batch: batchOf(row),
        details: openJson(box, `${row.id}:details`, row.details) as BatchDetails,
      };
    },

    async keep(ids) {
      if (ids.length === 0) return { kept: [], cancelled: [] };
      const rows = await onConnection(database, (connection) =>
        connection
          .update(batches)
          .set({ leaseUntil: lease })
          .where(and(inArray(batches.id, [...ids]), eq(batches.runner, runner)))
          .returning({ id: batches.id, status: batches.status }),
      );
      return {
        kept: rows.map(({ id }) => id),
        cancelled: rows.filter(({ status }) => status === 'cancelling').map(({ id }) => id),
      };
    },

    async clearLines(batch) {
      await onConnection(database, (connection) =>
        connection.delete(batchLines).where(eq(batchLines.batchId, batch.id)),
      );
    },

    async addLines(batch, lines) {
      if (lines.length === 0) return;
      const box = await boxOf(batch);
      const rows = lines.map(({ number, request }) => ({
        batchId: batch.id,
        number,
        status: 'pending',
        request: sealJson(box, place(batch, number, 'request'), request),
      }));
      await onConnection(database, (connection) => connection.insert(batchLines).values(rows));
    },

    begin: (batch, total) =>
      update(batch, {
        status: sql`case ${batches.status} when 'validating' then 'in_progress' else ${batches.status} end`,
        total,
        inProgressAt: new Date(clock.now()),
      }),

    async refuse(taken, errors, removeAt) {
      const { id } = taken.batch;
      const box = await boxOf(taken.batch);
      const now = clock.now();
      const changes = {
        status: 'failed',
        errors: sealJson(box, `${id}:errors`, errors),
        failedAt: new Date(now),
        removeAt: removeOf(taken.batch, removeAt),
      };
      await finish(taken, changes, now);
    },

    async pendingLines(batch, afterNumber, limit) {
      const rows = await onConnection(database, (connection) =>
        connection
          .select()
          .from(batchLines)
          .where(
            and(
              eq(batchLines.batchId, batch.id),
              gt(batchLines.number, afterNumber),
              eq(batchLines.status, 'pending'),
            ),
          )
          .orderBy(asc(batchLines.number))
          .limit(limit),
      );
      const box = await boxOf(batch);
      return rows.map(({ number, attempt, request }) => ({
        number,
        attempt,
        request: openJson(box, place(batch, number, 'request'), request) as BatchRequest,
      }));
    },

    async endLine(batch, { number, status, result }) {
      const sealed = sealJson(await boxOf(batch), place(batch, number, 'result'), result);
      await onConnection(database, (connection) =>
        connection
          .update(batchLines)
          .set({ status, result: sealed })
          .where(
            and(
              eq(batchLines.batchId, batch.id),
              eq(batchLines.number, number),
              eq(batchLines.status, 'pending'),
            ),
          ),
      );
    },

    async nextAttempt(batch, number) {
      await onConnection(database, (connection) =>
        connection
          .update(batchLines)
          .set({ attempt: sql`${batchLines.attempt} + 1` })
          .where(and(eq(batchLines.batchId, batch.id), eq(batchLines.number, number))),
      );
    },

    finalize: (batch) =>
      update(batch, {
        status: sql`case ${batches.status} when 'in_progress' then 'finalizing' else ${batches.status} end`,
        finalizingAt: new Date(clock.now()),
      }),

    async endedLines(batch, afterNumber, limit) {
      const rows = await onConnection(database, (connection) =>
        connection
          .select()
          .from(batchLines)
          .where(and(eq(batchLines.batchId, batch.id), gt(batchLines.number, afterNumber)))
          .orderBy(asc(batchLines.number))
          .limit(limit),
      );
      const box = await boxOf(batch);
      return rows.map(({ number, status, request, result }) => ({
        number,
        customId: (openJson(box, place(batch, number, 'request'), request) as BatchRequest).customId,
        ended:
          result === null
            ? undefined
            : {
                status: status as LineResult['status'],
                result: openJson(box, place(batch, number, 'result'), result) as object,
              },
      }));
    },

    async end(taken, { status, completed, failed, output, errors, removeAt }) {
      const now = clock.now();
      const changes = {
        status,
        completed,
        failed,
        outputFileId: output?.id ?? null,
        errorFileId: errors?.id ?? null,
        [`${status}At`]: new Date(now),
        removeAt: removeOf(taken.batch, removeAt),
      };
      await finish(taken, changes, now, async (transaction) => {
        await removeInput(transaction, taken.batch);
        await output?.complete(transaction);
        await errors?.complete(transaction);
      });
    },

    async release(id) {
      await onConnection(database, (connection) =>
        connection
          .update(batches)
          .set({ runner: null, leaseUntil: null })
          .where(and(eq(batches.runner, runner), id === undefined ? undefined : eq(batches.id, id))),
      );
    },
  };
}

function lost(): MillraceError {
  return new MillraceError('fenced', 'Another runner has taken the batch over.');
}

/** Where nothing of the tenant is kept, the input goes when there is an output. */
async function removeInput(
  transaction: Transaction,
  { inputFileId, principal: { tenant } }: Batch,
): Promise<void> {
  await transaction
    .delete(files)
    .where(and(eq(files.id, inputFileId), eq(files.tenant, tenant), isZeroRetention(tenant)));
}
