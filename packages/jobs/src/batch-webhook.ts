import type { Transaction } from '@millrace/store';
import type { Batch } from './batch.ts';
import type { JobDependencies } from './job-dependencies.ts';
import { showBatchState } from './show-batch.ts';
import { seconds } from './show-job.ts';
import type { WebhookPayload, WebhookTarget } from './webhook.ts';
import { addDelivery } from './webhook-store.ts';

/** What a webhook says of a batch that has ended: an event of the OpenAI API, which its clients can unwrap. */
interface BatchEvent extends WebhookPayload {
  /** One for each batch, as a batch ends once. */
  readonly id: string;
  readonly object: 'event';
  /** Seconds since the epoch. */
  readonly created_at: number;
}

/**
 * Writes the webhook that tells of the end of a batch, as part of the transaction that ends it.
 *
 * @param endedAt in milliseconds since the epoch
 */
export async function addBatchDelivery(
  dependencies: Omit<JobDependencies, 'database'>,
  transaction: Transaction,
  batch: Batch,
  target: WebhookTarget,
  endedAt: number,
): Promise<void> {
  const payload: BatchEvent = {
    id: batch.id.replace(/^batch_/u, 'evt_'),
    object: 'event',
    type: `batch.${batch.status}`,
    created_at: seconds(endedAt),
    timestamp: new Date(endedAt).toISOString(),
    data: showBatchState(batch),
  };
  await addDelivery(dependencies, transaction, {
    tenant: batch.principal.tenant,
    subjectId: batch.id,
    target,
    payload,
  });
}
