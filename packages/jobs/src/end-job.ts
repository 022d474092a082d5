import { and, eq, sql } from '@millrace/store/sql';
import { jobs, type Transaction } from '@millrace/store';
import { jobColumns, jobOf, type Job, type JobEnd, type JobRequest, type JobResult } from './job.ts';
import type { JobDependencies } from './job-dependencies.ts';
import { sealJson } from './sealed-json.ts';
import { showJob } from './show-job.ts';
import { addDelivery } from './webhook-store.ts';

/** How a job ends. */
export interface JobEnding {
  readonly status: JobEnd;
  readonly result?: JobResult | undefined;
  readonly outputTokens?: number | undefined;
}

/**
 * Writes the end of a job and, with it, the webhook that tells of it.
 *
 * @param runner only while it is this one's
 * @returns undefined where it is not, or has ended
 */
export async function writeEnd(
  dependencies: Omit<JobDependencies, 'database'>,
  transaction: Transaction,
  { job, request }: { readonly job: Job; readonly request: JobRequest },
  { status, result, outputTokens }: JobEnding,
  runner?: string,
): Promise<Job | undefined> {
  const { sealing, clock } = dependencies;
  const box = await sealing.forUser(job.principal.tenant, job.principal.user_id);
  const now = new Date(clock.now());
  const [row] = await transaction
    .update(jobs)
    .set({
      status,
      result: result === undefined ? null : sealJson(box, `${job.id}:result`, result),
      outputTokens: outputTokens ?? null,
      endedAt: now,
      removeAt: sql`${now.toISOString()}::timestamptz + ${jobs.retentionMs} * interval '1 millisecond'`,
      runner: null,
      leaseUntil: null,
    })
    .where(
      and(
        eq(jobs.id, job.id),
        sql`${jobs.status} in ('queued', 'running')`,
        runner === undefined ? undefined : eq(jobs.runner, runner),
      ),
    )
    .returning(jobColumns);
  if (row === undefined) return undefined;
  const ended = jobOf(row);
  if (request.webhook !== undefined) {
    await addDelivery(dependencies, transaction, {
      tenant: job.principal.tenant,
      subjectId: job.id,
      target: request.webhook,
      payload: { type: `${job.kind}.${status}`, timestamp: now.toISOString(), data: showJob(ended) },
    });
  }
  return ended;
}
