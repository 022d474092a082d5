import type { Batch, BatchError } from './batch.ts';
import type { WholeBatch } from './batch-store.ts';
import { seconds, secondsOrNull } from './show-job.ts';

/** A batch without its content. Times are in seconds since the epoch. */
interface ShownBatchState {
  readonly id: string;
  readonly object: 'batch';
  readonly endpoint: string;
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
}

/** A batch as the OpenAI API shows it, and where its webhook goes. */
export interface ShownBatch extends ShownBatchState {
  readonly errors: { readonly object: 'list'; readonly data: readonly BatchError[] } | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly webhook: { readonly url: string } | null;
}

export function showBatch({ batch, details, errors }: WholeBatch): ShownBatch {
  return {
    ...showBatchState(batch),
    errors: errors.length === 0 ? null : { object: 'list', data: errors },
    metadata: details.metadata ?? null,
    webhook: details.webhook === undefined ? null : { url: details.webhook.url },
  };
}

/** What may be told of a batch to those who have no key: where it stands. */
export function showBatchState(batch: Batch): ShownBatchState {
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
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
  };
}
