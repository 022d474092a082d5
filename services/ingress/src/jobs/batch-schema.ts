import { batchStatuses } from '@millrace/jobs';
import { metadataSchema } from './job-schema.ts';
import { listParameters } from './list-query.ts';
import { newWebhookSchema, webhookSchema, type NewWebhook } from './webhook-schema.ts';

const oneHourSeconds = 3_600;
const thirtyDaysSeconds = 30 * 24 * oneHourSeconds;

export const expiresAfterSchema = {
  type: 'object',
  required: ['anchor', 'seconds'],
  additionalProperties: false,
  description: 'When the file is removed.',
  properties: {
    anchor: { enum: ['created_at'], description: 'From when on.' },
    seconds: {
      type: 'integer',
      minimum: oneHourSeconds,
      maximum: thirtyDaysSeconds,
      description: 'How long it is kept.',
    },
  },
} as const;

export interface ExpiresAfter {
  readonly anchor: 'created_at';
  readonly seconds: number;
}

/** The body of `POST /v1/batches`. It validates, and the OpenAPI document is made of it. */
export const batchBodySchema = {
  title: 'NewBatch',
  type: 'object',
  required: ['input_file_id', 'endpoint', 'completion_window'],
  additionalProperties: false,
  properties: {
    input_file_id: { type: 'string', minLength: 1, maxLength: 64, description: 'A file of purpose batch.' },
    endpoint: { type: 'string', maxLength: 128, description: 'The path that all lines are for.' },
    completion_window: { enum: ['24h'], description: 'What is not done by then expires.' },
    metadata: metadataSchema,
    output_expires_after: expiresAfterSchema,
    webhook: newWebhookSchema,
  },
} as const;

export interface BatchBody {
  readonly input_file_id: string;
  readonly endpoint: string;
  readonly completion_window: '24h';
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly output_expires_after?: ExpiresAfter;
  readonly webhook?: NewWebhook;
}

const { limit, after } = listParameters('batch_');

export const batchListParameters = { limit, after } as const;

const time = { type: ['integer', 'null'], description: 'Seconds since the epoch.' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const fileId = { type: ['string', 'null'] } as const;

export const batchSchema = {
  title: 'Batch',
  type: 'object',
  required: ['id', 'object', 'endpoint', 'input_file_id', 'completion_window', 'status', 'created_at'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    object: { const: 'batch' },
    endpoint: { type: 'string' },
    errors: {
      type: ['object', 'null'],
      required: ['object', 'data'],
      additionalProperties: false,
      properties: {
        object: { const: 'list' },
        data: {
          type: 'array',
          items: {
            type: 'object',
            required: ['code', 'message', 'param', 'line'],
            additionalProperties: false,
            properties: {
              code: { type: 'string' },
              message: { type: 'string' },
              param: { type: ['string', 'null'] },
              line: { type: ['integer', 'null'], description: 'From 1.' },
            },
          },
        },
      },
      description: 'Why the input cannot be used.',
    },
    input_file_id: { type: 'string' },
    completion_window: { type: 'string' },
    status: { enum: batchStatuses },
    output_file_id: { ...fileId, description: 'What was answered.' },
    error_file_id: { ...fileId, description: 'What failed or was not done.' },
    created_at: time,
    in_progress_at: time,
    expires_at: time,
    finalizing_at: time,
    completed_at: time,
    failed_at: time,
    expired_at: time,
    cancelling_at: time,
    cancelled_at: time,
    request_counts: {
      type: 'object',
      required: ['total', 'completed', 'failed'],
      additionalProperties: false,
      properties: { total: count, completed: count, failed: count },
    },
    metadata: metadataSchema,
    webhook: webhookSchema,
  },
} as const;
