import type { Endpoint } from '@millrace/endpoints';
import type { JobEnding, JobError, JobQueue, TakenJob } from '@millrace/jobs';
import { clientError, toErrorBody } from '@millrace/relay';
import { MillraceError, type Clock } from '@millrace/runtime';
import { runRequest, type Outcome, type RunRequestDependencies } from './run-request.ts';
import type { WorkSignals } from './work.ts';

export interface RunJobDependencies extends RunRequestDependencies {
  readonly queue: Pick<JobQueue, 'started' | 'postpone' | 'end'>;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly clock: Clock;
  /** Runs a statement until the database is there. */
  readonly persist: <Result>(statement: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
  /** Tells those who wait for the job. */
  readonly announce: (jobId: string) => void;
  readonly onEnded: (status: JobEnding['status']) => void;
}

/** Works on a job until it ends or is postponed. @throws what says that the runner lost or leaves it */
export async function runJob(
  dependencies: RunJobDependencies,
  taken: TakenJob,
  { leave, cancelled }: WorkSignals,
): Promise<void> {
  const { queue, clock, persist, announce, onEnded } = dependencies;
  const { job } = taken;
  const stop = new AbortController();
  const onCancelled = (): void => stop.abort();
  cancelled.addEventListener('abort', onCancelled, { once: true });
  const timer = clock.setTimer(job.deadlineAt - clock.now(), () => stop.abort());
  try {
    const ending =
      refusal(taken, clock.now()) ?? (await attempt(dependencies, taken, leave, cancelled, stop));
    if (ending === undefined) return;
    await persist(() => queue.end(taken, ending), leave);
    onEnded(ending.status);
    announce(job.id);
  } finally {
    timer.cancel();
    cancelled.removeEventListener('abort', onCancelled);
  }
}

/** Why a job ends without being worked on, if it does. */
function refusal({ job, isKeyValid }: TakenJob, now: number): JobEnding | undefined {
  if (job.isCancelRequested) return { status: 'cancelled' };
  if (!isKeyValid) {
    const error = new MillraceError('invalid_api_key', 'The API key that made the job was revoked.');
    return { status: 'failed', result: { error: jobError(error) } };
  }
  if (job.deadlineAt <= now) return expired();
  return undefined;
}

async function attempt(
  dependencies: RunJobDependencies,
  { job, request }: TakenJob,
  leave: AbortSignal,
  cancelled: AbortSignal,
  stop: AbortController,
): Promise<JobEnding | undefined> {
  const { queue, clock, endpoints, persist, announce } = dependencies;
  let asked;
  try {
    const endpoint = endpoints.get(job.endpoint);
    if (endpoint === undefined)
      throw new MillraceError('unsupported_value', 'The endpoint of the job is no longer there.');
    asked = endpoint.read(request.body);
  } catch (error) {
    return { status: 'failed', result: { error: jobError(error) } };
  }
  const outcome = await runRequest(dependencies, {
    asked: {
      ...asked,
      generation: {
        ...asked.generation,
        priority: job.priority,
        ...(request.isUncached === true ? { cache: 'NONE' } : {}),
      },
    },
    principal: job.principal,
    idempotencyKey: `${job.id}:${job.attempt}`,
    failures: job.failures,
    leave,
    cancelled: stop.signal,
    async onSubmitted(requestId) {
      if (requestId === job.requestId) return;
      const isCancelled = await persist(() => queue.started(job.id, requestId), leave);
      if (isCancelled === undefined) throw new MillraceError('fenced', 'Another runner has the job.');
      if (isCancelled) stop.abort();
      announce(job.id);
    },
  });
  if (outcome.kind === 'interrupted') return undefined;
  if (outcome.kind === 'postponed') {
    if (cancelled.aborted) return { status: 'cancelled' };
    if (stop.signal.aborted) return expired();
    const { isAttemptOver, isFailure } = outcome;
    const notBefore = Math.min(clock.now() + outcome.afterMs, job.deadlineAt);
    await persist(() => queue.postpone(job.id, { notBefore, isAttemptOver, isFailure }), leave);
    return undefined;
  }
  return endingOf(outcome, job.deadlineAt <= clock.now() && !cancelled.aborted);
}

function endingOf(
  outcome: Extract<Outcome, { kind: 'answered' | 'failed' }>,
  isPastDeadline: boolean,
): JobEnding {
  if (outcome.kind === 'failed') return { status: 'failed', result: { error: jobError(outcome.error) } };
  const { answer, end, outputTokens, isCancelled } = outcome;
  if (isCancelled && isPastDeadline) return { ...expired(), outputTokens };
  return {
    status: isCancelled ? 'cancelled' : 'completed',
    result: answer === undefined ? undefined : { answer, cost: end.cost, cache: end.cache },
    outputTokens,
  };
}

function expired(): JobEnding {
  const error = new MillraceError('deadline_exceeded', 'The job was not done before its deadline.');
  return { status: 'expired', result: { error: jobError(error) } };
}

/** An error as the client of a job sees it. */
export function jobError(cause: unknown): JobError {
  const error = clientError(cause);
  return { ...toErrorBody(error).error, code: error.code, status: error.httpStatus };
}
