import { createHash } from 'node:crypto';
import { createBodyReader, type Asked, type Endpoint } from '@millrace/endpoints';
import type { JobRequest } from '@millrace/jobs';
import type { Generation } from '@millrace/relay';
import { compileValidator, MillraceError, type RandomSource } from '@millrace/runtime';
import type { Priority } from '@millrace/contracts';
import { jobBodySchema, type JobBody } from './job-schema.ts';
import { readDuration } from './read-duration.ts';
import { readWebhook, type AskedWebhook } from './read-webhook.ts';

/** A job that is asked for. */
export interface AskedJob {
  readonly endpoint: string;
  readonly priority: Priority;
  readonly request: JobRequest;
  readonly retentionMs: number;
  readonly webhook: AskedWebhook | undefined;
  /** What it asks of the model. */
  readonly generation: Generation;
}

export interface ReadJobOptions {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly random: RandomSource;
  readonly settings: { readonly jobRetentionMs: number; readonly webhookPrivate: boolean };
}

const minRetentionMs = 60_000;
const priorities = { high: 'HIGH', normal: 'NORMAL', low: 'LOW' } as const;

/** Makes the reader of `POST /v1/jobs`. The reader throws what is wrong, also with the body for the endpoint. */
export function createJobReader({
  endpoints,
  random,
  settings,
}: ReadJobOptions): (value: unknown) => AskedJob {
  const read = createBodyReader(compileValidator<JobBody>(jobBodySchema));
  return (value) => {
    const job = read(value);
    const { generation } = readFor(endpoints, job.endpoint, job.body);
    const webhook = readWebhook(job.webhook, random, settings.webhookPrivate);
    return {
      endpoint: job.endpoint,
      priority: job.priority === undefined ? generation.priority : priorities[job.priority],
      request: { body: job.body, metadata: job.metadata ?? undefined, webhook: webhook?.target },
      retentionMs: retentionOf(job.retention, settings.jobRetentionMs),
      webhook,
      generation,
    };
  };
}

/** What a body asks of an endpoint that answers later. @throws what is wrong with it */
function readFor(endpoints: ReadonlyMap<string, Endpoint>, path: string, body: unknown): Asked {
  const endpoint = endpoints.get(path);
  if (endpoint === undefined) {
    const known = [...endpoints.keys()].join(', ');
    throw new MillraceError(
      'invalid_value',
      `endpoint is not one that jobs can ask: it must be one of ${known}`,
      {
        param: 'endpoint',
      },
    );
  }
  let asked;
  try {
    asked = endpoint.read(body);
  } catch (error) {
    throw error instanceof MillraceError ? inBody(error) : error;
  }
  if (!asked.stream) return asked;
  throw new MillraceError('invalid_value', 'body.stream is true: the answer of a job comes whole', {
    param: 'body.stream',
  });
}

/** The same error of the body of a job. */
export function inBody(error: MillraceError): MillraceError {
  return new MillraceError(error.code, error.message, {
    cause: error,
    retryable: error.retryable,
    param: error.param === undefined ? 'body' : `body.${error.param}`,
  });
}

/** Keeps what is kept for others no longer than the platform does. */
function retentionOf(text: string | undefined, longestMs: number): number {
  if (text === undefined) return longestMs;
  return readDuration('retention', text, { minMs: minRetentionMs, maxMs: longestMs });
}

/** The same for the same request. */
export function digestOf(path: string, body: unknown): string {
  return createHash('sha256').update(path).update('\n').update(JSON.stringify(body)).digest('base64');
}
