import type { WorkerDescribed } from '@millrace/contracts';
import type { EngineState } from '@millrace/relay';

/** The body of `GET /v1/engine`. */
export function engineAnswer({ queue, workers }: EngineState): object {
  return { queue, workers: workers.map(workerAnswer) };
}

function workerAnswer({ worker, at, started_at, problem, ...rest }: WorkerDescribed): object {
  return {
    worker,
    at: new Date(at).toISOString(),
    started_at: new Date(started_at).toISOString(),
    ready: problem === null,
    problem,
    ...rest,
  };
}
