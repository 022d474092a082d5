import type { Endpoint } from '@millrace/endpoints';
import type { Batch, BatchLine, BatchQueue, LineResult } from '@millrace/jobs';
import { clientError, toErrorBody } from '@millrace/relay';
import { MillraceError, type Clock } from '@millrace/runtime';
import { runRequest, type RunRequestDependencies } from './run-request.ts';

export interface RunLineDependencies extends RunRequestDependencies {
  readonly queue: Pick<BatchQueue, 'endLine' | 'nextAttempt'>;
  readonly endpoint: Endpoint | undefined;
  readonly clock: Clock;
  readonly persist: <Result>(statement: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
  readonly onEnded: (status: LineResult['status']) => void;
}

/**
 * Works on a line of a batch until it is done; one that is stopped stays as it is.
 *
 * @throws the reason of `leave`
 */
export async function runBatchLine(
  dependencies: RunLineDependencies,
  batch: Batch,
  line: BatchLine,
  { leave, stopped }: { readonly leave: AbortSignal; readonly stopped: AbortSignal },
): Promise<void> {
  const { queue, clock, persist, onEnded } = dependencies;
  const end = async (result: LineResult): Promise<void> => {
    await persist(() => queue.endLine(batch, result), leave);
    onEnded(result.status);
  };
  let asked;
  try {
    asked = readBody(dependencies.endpoint, line.request.body);
  } catch (error) {
    await end(failedLine(batch, line, undefined, error));
    return;
  }
  let { attempt } = line;
  for (let failures = 0; !stopped.aborted;) {
    const outcome = await runRequest(dependencies, {
      asked: { ...asked, generation: { ...asked.generation, priority: batch.priority } },
      principal: batch.principal,
      idempotencyKey: `${batch.id}:${line.number}:${attempt}`,
      failures,
      leave,
      cancelled: stopped,
    });
    switch (outcome.kind) {
      case 'interrupted':
        return;
      case 'failed':
        await end(failedLine(batch, line, outcome.requestId, outcome.error));
        return;
      case 'answered': {
        const { requestId, answer, isCancelled } = outcome;
        if (isCancelled && stopped.aborted) return;
        await end(
          isCancelled || answer === undefined
            ? failedLine(batch, line, requestId, new MillraceError('cancelled', 'The request was cancelled.'))
            : completedLine(batch, line, requestId, answer),
        );
        return;
      }
      case 'postponed': {
        if (outcome.isFailure) failures += 1;
        if (outcome.isAttemptOver) {
          attempt += 1;
          await persist(() => queue.nextAttempt(batch, line.number), leave);
        }
        await pause(clock, outcome.afterMs, leave, stopped);
      }
    }
  }
}

function readBody(endpoint: Endpoint | undefined, body: unknown): ReturnType<Endpoint['read']> {
  if (endpoint === undefined)
    throw new MillraceError('unsupported_value', 'The endpoint of the batch is no longer there.');
  const asked = endpoint.read(body);
  if (!asked.stream) return asked;
  throw new MillraceError('unsupported_value', 'stream is true: answers of a batch come whole.', {
    param: 'stream',
  });
}

async function pause(clock: Clock, ms: number, leave: AbortSignal, stopped: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([leave, stopped]);
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    leave.throwIfAborted();
  }
}

const lineId = ({ id }: Batch, number: number): string => `batch_req_${id.replace('batch_', '')}_${number}`;

function completedLine(
  batch: Batch,
  { number, request }: BatchLine,
  requestId: string,
  body: object,
): LineResult {
  const response = { status_code: 200, request_id: requestId, body };
  const result = { id: lineId(batch, number), custom_id: request.customId, response, error: null };
  return { number, status: 'completed', result };
}

function failedLine(
  batch: Batch,
  { number, request }: BatchLine,
  requestId: string | undefined,
  cause: unknown,
): LineResult {
  const error = clientError(cause);
  const response = {
    status_code: error.httpStatus,
    request_id: requestId ?? null,
    body: toErrorBody(error),
  };
  const result = { id: lineId(batch, number), custom_id: request.customId, response, error: null };
  return { number, status: 'failed', result };
}

/** A line that was not done, as it stands in the error file. */
export function undoneLine(
  batch: Batch,
  { number, customId }: { readonly number: number; readonly customId: string },
  code: 'batch_expired' | 'batch_cancelled',
): object {
  const message =
    code === 'batch_expired'
      ? 'The request was not done before the batch expired.'
      : 'The request was not done before the batch was cancelled.';
  return { id: lineId(batch, number), custom_id: customId, response: null, error: { code, message } };
}
