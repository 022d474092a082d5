import { getTableColumns } from '@millrace/store/sql';
import type { CacheHit, Priority } from '@millrace/contracts';
import type { AnswerCost, GatewayPrincipal } from '@millrace/relay';
import { jobs } from '@millrace/store';
import { principalOf } from './principal.ts';
import type { WebhookTarget } from './webhook.ts';

export const jobStatuses = ['queued', 'running', 'completed', 'failed', 'cancelled', 'expired'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** How a job can end. */
export type JobEnd = Exclude<JobStatus, 'queued' | 'running'>;

/** `response` is what `/v1/responses` keeps. */
export type JobKind = 'job' | 'response';

/** A job without its content. Times are in milliseconds since the epoch. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly principal: GatewayPrincipal;
  readonly endpoint: string;
  readonly priority: Priority;
  readonly status: JobStatus;
  /** Of the present attempt; undefined before it is submitted. */
  readonly requestId: string | undefined;
  /** From 1; another follows where one came to nothing. */
  readonly attempt: number;
  /** Attempts that were begun and broke off. */
  readonly failures: number;
  readonly outputTokens: number | undefined;
  readonly isCancelRequested: boolean;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly deadlineAt: number;
  /** When it is forgotten; undefined until it has ended. */
  readonly removeAt: number | undefined;
}

/** What a job was made of. Sealed where it is stored. */
export interface JobRequest {
  readonly body: unknown;
  /** What the client has sent, where that is not the body itself. */
  readonly original?: unknown;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly webhook?: WebhookTarget | undefined;
  /** Whether `Cache-Control` keeps the cache of answers out of it. */
  readonly isUncached?: boolean;
}

/** The error of a job that failed, as its client sees it. */
export interface JobError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
  /** Of the answer that would have carried it. */
  readonly status: number;
}

/** What became of a job. Sealed where it is stored; of a cancelled one it may be a part of the answer. */
export type JobResult =
  | {
      readonly answer: object;
      /** Undefined where its model has no price. */
      readonly cost?: AnswerCost | undefined;
      /** Where it came from the cache. */
      readonly cache?: CacheHit | undefined;
    }
  | { readonly error: JobError };

const {
  request: _request,
  result: _result,
  runner: _runner,
  leaseUntil: _lease,
  ...columns
} = getTableColumns(jobs);

/** The columns of a job without its content. */
export const jobColumns = columns;

type JobRow = Pick<typeof jobs.$inferSelect, keyof typeof jobColumns>;

export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind as JobKind,
    principal: principalOf(row),
    endpoint: row.endpoint,
    priority: row.priority as Priority,
    status: row.status as JobStatus,
    requestId: row.requestId ?? undefined,
    attempt: row.attempt,
    failures: row.failures,
    outputTokens: row.outputTokens ?? undefined,
    isCancelRequested: row.isCancelRequested,
    createdAt: row.createdAt.getTime(),
    startedAt: row.startedAt?.getTime(),
    endedAt: row.endedAt?.getTime(),
    deadlineAt: row.deadlineAt.getTime(),
    removeAt: row.removeAt?.getTime(),
  };
}
