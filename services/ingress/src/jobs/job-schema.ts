import { jobStatuses } from '@millrace/jobs';
import { costSchema } from '@millrace/relay';
import { listParameters } from './list-query.ts';
import { newWebhookSchema, webhookSchema, type NewWebhook } from './webhook-schema.ts';

export const metadataSchema = {
  type: ['object', 'null'],
  maxProperties: 16,
  propertyNames: { maxLength: 64 },
  additionalProperties: { type: 'string', maxLength: 512 },
  description: 'Up to 16 texts by name, given back as they are.',
} as const;

/** The body of `POST /v1/jobs`. It validates, and the OpenAPI document is made of it. */
export const jobBodySchema = {
  title: 'NewJob',
  type: 'object',
  required: ['endpoint', 'body'],
  additionalProperties: false,
  properties: {
    endpoint: { type: 'string', maxLength: 128, description: 'The path that the body would be posted to.' },
    body: { type: 'object', description: 'What would be posted; stream is not for jobs.' },
    priority: {
      enum: ['high', 'normal', 'low'],
      description: 'Which jobs and requests go first; by default as the body says.',
    },
    webhook: newWebhookSchema,
    retention: {
      type: 'string',
      maxLength: 32,
      description: 'How long the job is kept after its end, such as 1h or 7d.',
    },
    metadata: metadataSchema,
  },
} as const;

export interface JobBody {
  readonly endpoint: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly webhook?: NewWebhook;
  readonly retention?: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
}

export const jobListParameters = {
  ...listParameters('job_'),
  status: { enum: jobStatuses, description: 'Only jobs in this state.' },
} as const;

export const jobQueryParameters = {
  wait: {
    type: 'string',
    maxLength: 16,
    description: 'Answers when the job has ended, or after so long: such as 30s, at most 60s.',
  },
} as const;

const time = { type: ['integer', 'null'], description: 'Seconds since the epoch.' } as const;

export const jobProperties = {
  id: { type: 'string', description: 'The job.' },
  object: { const: 'job' },
  status: { enum: jobStatuses, description: 'Where it stands.' },
  endpoint: { type: 'string' },
  priority: { enum: ['high', 'normal', 'low'] },
  request_id: { type: ['string', 'null'], description: 'The request that it runs as, a UUID.' },
  created_at: time,
  started_at: time,
  ended_at: time,
  expires_at: { ...time, description: 'If it has not ended by then, it expires.' },
  remove_at: { ...time, description: 'When it is forgotten; null until it has ended.' },
} as const;

export const jobSchema = {
  title: 'Job',
  type: 'object',
  required: Object.keys(jobProperties),
  additionalProperties: false,
  properties: {
    ...jobProperties,
    progress: {
      type: ['object', 'null'],
      additionalProperties: false,
      required: ['output_tokens', 'output'],
      properties: {
        output_tokens: { type: 'integer', minimum: 0, description: 'Tokens generated so far.' },
        output: { type: 'array', items: { type: 'string' }, description: 'What each choice says so far.' },
      },
      description: 'While it runs.',
    },
    result: {
      type: ['object', 'null'],
      description: 'The answer of the endpoint; of a cancelled job, what there is.',
    },
    cost: {
      ...costSchema,
      description: 'What its result is charged; null until it is there, and where the model has no price.',
    },
    error: { type: ['object', 'null'], description: 'Why it failed, as in an error body.' },
    metadata: metadataSchema,
    webhook: webhookSchema,
  },
} as const;
