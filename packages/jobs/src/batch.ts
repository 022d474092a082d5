import { getTableColumns } from '@millrace/store/sql';
import type { Priority } from '@millrace/contracts';
import type { GatewayPrincipal } from '@millrace/relay';
import { batches } from '@millrace/store';
import { principalOf } from './principal.ts';
import type { WebhookTarget } from './webhook.ts';

export const batchStatuses = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export type BatchStatus = (typeof batchStatuses)[number];

/** How a batch can end whose input was valid. */
export type BatchEnd = 'completed' | 'expired' | 'cancelled';

/** A batch without its content. Times are in milliseconds since the epoch. */
export interface Batch {
  readonly id: string;
  readonly principal: GatewayPrincipal;
  readonly endpoint: string;
  readonly priority: Priority;
  readonly completionWindow: string;
  readonly status: BatchStatus;
  readonly inputFileId: string;
  readonly outputFileId: string | undefined;
  readonly errorFileId: string | undefined;
  readonly counts: BatchCounts;
  readonly createdAt: number;
  readonly inProgressAt: number | undefined;
  readonly finalizingAt: number | undefined;
  readonly completedAt: number | undefined;
  readonly failedAt: number | undefined;
  readonly expiredAt: number | undefined;
  readonly cancellingAt: number | undefined;
  readonly cancelledAt: number | undefined;
  readonly expiresAt: number;
}

export interface BatchCounts {
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}

/** What is given with a batch. Sealed where it is stored. */
export interface BatchDetails {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** How long the output is kept. */
  readonly outputRetentionMs: number;
  /** Who is told when it has ended. */
  readonly webhook?: WebhookTarget | undefined;
}

/** What is wrong with a line of the input, or, without a number, with the whole. */
export interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** From 1. */
  readonly line: number | null;
}

const {
  details: _details,
  errors: _errors,
  runner: _runner,
  leaseUntil: _lease,
  ...columns
} = getTableColumns(batches);

/** The columns of a batch without its content. */
export const batchColumns = columns;

type BatchRow = Pick<typeof batches.$inferSelect, keyof typeof batchColumns>;

export function batchOf(row: BatchRow): Batch {
  return {
    id: row.id,
    principal: principalOf(row),
    endpoint: row.endpoint,
    priority: row.priority as Priority,
    completionWindow: row.completionWindow,
    status: row.status as BatchStatus,
    inputFileId: row.inputFileId,
    outputFileId: row.outputFileId ?? undefined,
    errorFileId: row.errorFileId ?? undefined,
    counts: { total: row.total, completed: row.completed, failed: row.failed },
    createdAt: row.createdAt.getTime(),
    inProgressAt: row.inProgressAt?.getTime(),
    finalizingAt: row.finalizingAt?.getTime(),
    completedAt: row.completedAt?.getTime(),
    failedAt: row.failedAt?.getTime(),
    expiredAt: row.expiredAt?.getTime(),
    cancellingAt: row.cancellingAt?.getTime(),
    cancelledAt: row.cancelledAt?.getTime(),
    expiresAt: row.expiresAt.getTime(),
  };
}
