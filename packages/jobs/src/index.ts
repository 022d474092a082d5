export { batchStatuses, type Batch, type BatchCounts, type BatchDetails, type BatchError } from './batch.ts';
export {
  createBatchQueue,
  type BatchEnding,
  type BatchLine,
  type BatchQueue,
  type BatchRequest,
  type EndedLine,
  type LineResult,
  type TakenBatch,
} from './batch-queue.ts';
export { createBatchStore, type BatchStore, type NewBatch, type WholeBatch } from './batch-store.ts';
export type { JobEnding } from './end-job.ts';
export {
  createFileStore,
  type FilePurpose,
  type FileStore,
  type FileWriter,
  type StoredFile,
} from './file-store.ts';
export { notFound, type IdPrefix, type JobDependencies } from './job-dependencies.ts';
export {
  jobStatuses,
  type Job,
  type JobError,
  type JobKind,
  type JobRequest,
  type JobResult,
} from './job.ts';
export { createJobQueue, type JobQueue, type TakenJob } from './job-queue.ts';
export { createJobStore, type JobStore, type WholeJob } from './job-store.ts';
export { createKeptAnswers, type KeptAnswer, type KeptAnswers } from './kept-answers.ts';
export type { Page } from './page.ts';
export { removeOld } from './remove-old.ts';
export { showBatch } from './show-batch.ts';
export { showFile } from './show-file.ts';
export { showJob } from './show-job.ts';
export type { WebhookPayload, WebhookTarget } from './webhook.ts';
export { webhookSettings, type WebhookSettings } from './webhook-settings.ts';
export { readWebhookUrl } from './webhook-url.ts';
export { settleDelivery, takeDelivery, type Delivery, type DeliveryOutcome } from './webhook-store.ts';
