import type { Batch, BatchError } from './batch.ts';
import type { WholeBatch } from './batch-store.ts';
import { seconds, secondsOrNull } from './show-job.ts';

/** A batch as the OpenAI API shows it. Times are in seconds since the epoch. */
export interface ShownBatch {
  readonly id: string;
  readonly object: 'batch';
  readonly endpoint: string;
  readonly errors: { readonly object: 'list'; readonly data: readonly BatchError[] } | null;
  readonly input_file_id: string;
  readonly completion_window: string;
  readonly status: Batch['status'];
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly created_at: number;
  readonly in_progress_at: number | null;
  readonly expires_at: number;
  readonly finalizing_at: number | null;
  readonly completed_at: number | null;
  readonly failed_at: number | null;
  readonly expired_at: number | null;
  readonly cancelling_at: number | null;
  readonly cancelled_at: number | null;
  readonly request_counts: Batch['counts'];
  readonly metadata: Readonly<Record<string, string>> | null;
}

export function showBatch({ batch, details, errors }: WholeBatch): ShownBatch {
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: errors.length === 0 ? null : { object: 'list', data: errors },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: seconds(batch.createdAt),
    in_progress_at: secondsOrNull(batch.inProgressAt),
    expires_at: seconds(batch.expiresAt),
    finalizing_at: secondsOrNull(batch.finalizingAt),
    completed_at: secondsOrNull(batch.completedAt),
    failed_at: secondsOrNull(batch.failedAt),
    expired_at: secondsOrNull(batch.expiredAt),
    cancelling_at: secondsOrNull(batch.cancellingAt),
    cancelled_at: secondsOrNull(batch.cancelledAt),
    request_counts: batch.counts,
    metadata: details.metadata ?? null,
  };
}
