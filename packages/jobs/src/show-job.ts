import type { Job } from './job.ts';

/** A job as clients see it, without its content. Times are in seconds since the epoch. */
export interface ShownJob {
  readonly id: string;
  readonly object: 'job';
  readonly status: Job['status'];
  readonly endpoint: string;
  readonly priority: 'high' | 'normal' | 'low';
  readonly request_id: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly expires_at: number;
  readonly remove_at: number | null;
}

export function showJob(job: Job): ShownJob {
  return {
    id: job.id,
    object: 'job',
    status: job.status,
    endpoint: job.endpoint,
    priority: job.priority.toLowerCase() as ShownJob['priority'],
    request_id: job.requestId ?? null,
    created_at: seconds(job.createdAt),
    started_at: secondsOrNull(job.startedAt),
    ended_at: secondsOrNull(job.endedAt),
    expires_at: seconds(job.deadlineAt),
    remove_at: secondsOrNull(job.removeAt),
  };
}

/** Whole seconds of a time in milliseconds. */
export function seconds(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}

export function secondsOrNull(timeMs: number | undefined): number | null {
  return timeMs === undefined ? null : seconds(timeMs);
}
