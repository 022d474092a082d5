import { randomUUID } from 'node:crypto';
import {
  subjects,
  type CacheHit,
  type Decision,
  type Failure,
  type Finished,
  type RequestClosed,
  type ResultChunk,
  type Timings,
  type Usage,
} from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { withDecision, type RequestEvent } from './request-event.ts';
import { readProgress } from './read-progress.ts';
import { openResultLog, type ResultLog } from './result-log.ts';
import { resultRecord } from './result-record.ts';
import type { StageDependencies } from './stage-dependencies.ts';

type EndingDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'clock'>;

/** How a stage ends a request. What is left out is empty: no usage, no time in the engine. */
export interface Ending {
  readonly outcome: Finished['outcome'];
  readonly decision: Decision;
  readonly finishReason?: string;
  /** By choice, where there are several. */
  readonly finishReasons?: readonly string[];
  readonly failure?: Failure;
  readonly usage?: Usage;
  readonly timings?: Timings;
  readonly modelVersion?: string;
  readonly textDigest?: Uint8Array;
  /** Where the answer came from the cache. */
  readonly cache?: CacheHit;
  /** The model that answered, where it is another than the request names. */
  readonly servedBy?: string | null;
  readonly attempt?: number;
}

/** Which closing stands: that of this call, or one that was there before. */
export type Closed = 'closed' | 'already_closed';

export const noUsage = (charactersIn: number): Usage => ({
  input_tokens: 0,
  cached_input_tokens: 0,
  output_tokens: 0,
  characters_in: charactersIn,
  characters_out: 0,
  source: 'NONE',
});

/** What the client is told of an error. Its message has no content by the rules of `MillraceError`. */
export function failureOf(error: MillraceError): Failure {
  return {
    code: error.code,
    message: error.message,
    param: error.param ?? null,
    retryable: error.retryable,
    retry_after_ms: error.retryAfterMs ?? null,
  };
}

/**
 * Ends a request from outside the engine: last record of the results, acked; closing, acked. The caller then acks its work.
 * Takes the log over from whoever writes to it. A request whose results are finished already is closed as they say; one that a worker has
 * begun is charged for the tokens that it has published.
 */
export async function endRequest(
  dependencies: EndingDependencies,
  request: RequestEvent,
  ending: Ending,
): Promise<Closed> {
  for (;;) {
    const log = await openResultLog(dependencies, request);
    const last = readable(log);
    if (last?.finished) return closeAsFinished(dependencies, request, last);
    try {
      const usage = ending.usage ?? (await publishedUsage(dependencies, request, log, last));
      return await finishAndClose(dependencies, request, log, { ...ending, usage });
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'fenced')) throw error;
    }
  }
}

/** What was published up to the end of a log, whoever has published it: nothing may be added behind that end before the request's own. */
async function publishedUsage(
  dependencies: EndingDependencies,
  request: RequestEvent,
  log: ResultLog,
  last: ResultChunk | undefined,
): Promise<Usage> {
  const none = noUsage(request.characters_in);
  const isUntouched = last === undefined ? log.end === 0 : last.kind === 'OPENED' || last.kind === 'MASKED';
  if (isUntouched) return none;
  const { tokens } = await readProgress(dependencies, request.request_id);
  return tokens === 0 ? none : { ...none, output_tokens: tokens, source: 'ENGINE' };
}

/** The last record; what cannot be read says nothing of an end, and must not keep the request from one. */
function readable(log: ResultLog): ResultChunk | undefined {
  try {
    return log.last;
  } catch (error) {
    if (error instanceof MillraceError && !error.retryable) return undefined;
    throw error;
  }
}

/**
 * Ends a request whose log the caller writes.
 *
 * @throws `fenced` when another writer has taken the log over: the request is not ours to end
 */
export async function finishAndClose(
  dependencies: EndingDependencies,
  request: RequestEvent,
  log: ResultLog,
  ending: Ending,
): Promise<Closed> {
  const now = dependencies.clock.now();
  const record = resultRecord(request, {
    kind: 'FINISHED',
    at: now,
    attempt: ending.attempt ?? 0,
    finished: {
      outcome: ending.outcome,
      finish_reason: ending.finishReason ?? null,
      finish_reasons: ending.finishReasons ?? [],
      failure: ending.failure ?? null,
      usage: ending.usage ?? noUsage(request.characters_in),
      timings: ending.timings ?? {
        queue_ms: 0,
        prefill_ms: 0,
        time_to_first_token_ms: null,
        total_ms: now - request.received_at,
      },
      model_version: ending.modelVersion ?? null,
      text_digest: ending.textDigest ?? null,
      decision: ending.decision,
      cache: ending.cache ?? null,
      served_by: ending.servedBy ?? null,
    },
  });
  await log.append(record);
  return closeAsFinished(dependencies, request, record);
}

/** Publishes the closing that follows from the last record of the results. The server takes only the first. */
export async function closeAsFinished(
  dependencies: EndingDependencies,
  request: RequestEvent,
  last: ResultChunk,
): Promise<Closed> {
  const finished = last.finished;
  if (finished === null)
    throw new MillraceError('internal_error', 'A request was to be closed whose results are not finished.');
  const closing: RequestClosed = {
    request_id: request.request_id,
    tenant: request.tenant,
    principal: request.principal,
    gateway: request.gateway,
    transport: request.transport,
    operation: request.operation,
    model: request.model,
    model_version: finished.model_version,
    outcome: finished.outcome,
    finish_reason: finished.finish_reason,
    finish_reasons: finished.finish_reasons,
    failure: finished.failure,
    usage: finished.usage,
    timings: finished.timings,
    attempt: last.attempt,
    text_digest: finished.text_digest,
    received_at: request.received_at,
    closed_at: last.at,
    replay_of: request.replay_of,
    trail: withDecision(request, finished.decision).trail,
    cache: finished.cache,
    served_by: finished.served_by,
  };
  try {
    await dependencies.bus.publish({
      subject: subjects.closed(request.tenant, request.request_id),
      payload: dependencies.codec.encode('request.closed', closing),
      messageId: `${request.request_id}:closed:${randomUUID()}`,
      expectedLastSequence: 0,
    });
    return 'closed';
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'fenced') return 'already_closed';
    throw error;
  }
}

/** Whether the request has been closed. */
export async function isClosed(
  { bus }: Pick<StageDependencies, 'bus'>,
  request: RequestEvent,
): Promise<boolean> {
  return (await bus.lastMessage('CLOSED', subjects.closed(request.tenant, request.request_id))) !== undefined;
}
