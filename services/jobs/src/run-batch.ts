import type { Endpoint } from '@millrace/endpoints';
import type { Batch, BatchQueue, FileStore, LineResult, TakenBatch } from '@millrace/jobs';
import { MillraceError, type Clock } from '@millrace/runtime';
import { finishBatch } from './finish-batch.ts';
import { createLineSource } from './line-source.ts';
import { runBatchLine } from './run-batch-line.ts';
import type { RunRequestDependencies } from './run-request.ts';
import { validateBatch } from './validate-batch.ts';
import type { WorkSignals } from './work.ts';

export interface RunBatchDependencies extends RunRequestDependencies {
  readonly queue: BatchQueue;
  readonly files: FileStore;
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly clock: Clock;
  readonly persist: <Result>(statement: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
  /** Requests of one batch at once. */
  readonly concurrency: number;
  readonly maxLines: number;
  readonly maxLineBytes: number;
  /** How long a batch is kept after its end. */
  readonly retentionMs: number;
  readonly onLineEnded: (status: LineResult['status']) => void;
  readonly onEnded: (status: 'failed' | 'completed' | 'expired' | 'cancelled') => void;
}

/**
 * Works on a batch from where it stands: reads its input, runs its lines, writes its files. What fails for a while is left to be
 * taken up again.
 *
 * @throws where another has it, or this runner leaves it
 */
export async function runBatch(
  dependencies: RunBatchDependencies,
  taken: TakenBatch,
  { leave, cancelled }: WorkSignals,
): Promise<void> {
  const { queue, clock, retentionMs, onEnded } = dependencies;
  const { batch } = taken;
  const stop = new AbortController();
  const onCancelled = (): void => stop.abort();
  cancelled.addEventListener('abort', onCancelled, { once: true });
  if (batch.status === 'cancelling' || cancelled.aborted) stop.abort();
  const timer = clock.setTimer(batch.expiresAt - clock.now(), () => stop.abort());
  try {
    if (batch.inProgressAt === undefined && !(await begin(dependencies, taken, leave))) return;
    if (batch.status === 'validating' || batch.status === 'in_progress')
      await runLines(dependencies, batch, { leave, stopped: stop.signal });
    leave.throwIfAborted();
    if (batch.status === 'cancelling') await cancelLeftOver(dependencies, batch);
    await queue.finalize(batch);
    const isCancelled = batch.status === 'cancelling' || cancelled.aborted;
    const ended = isCancelled ? { ...batch, cancellingAt: batch.cancellingAt ?? clock.now() } : batch;
    const removeAt = clock.now() + retentionMs;
    onEnded(await finishBatch(dependencies, { ...taken, batch: ended }, removeAt, leave));
  } finally {
    timer.cancel();
    cancelled.removeEventListener('abort', onCancelled);
    if (!leave.aborted) await queue.release(batch.id);
  }
}

/** @returns whether there is something to run */
async function begin(
  dependencies: RunBatchDependencies,
  taken: TakenBatch,
  leave: AbortSignal,
): Promise<boolean> {
  const { batch } = taken;
  const { queue, clock, retentionMs, onEnded } = dependencies;
  if (batch.status === 'cancelling') {
    await queue.clearLines(batch);
    await queue.begin(batch, 0);
    return true;
  }
  const validated = await validateBatch(dependencies, batch, leave);
  if ('errors' in validated) {
    await queue.refuse(taken, validated.errors, clock.now() + retentionMs);
    onEnded('failed');
    return false;
  }
  await queue.begin(batch, validated.total);
  return true;
}

async function runLines(
  dependencies: RunBatchDependencies,
  batch: Batch,
  signals: { readonly leave: AbortSignal; readonly stopped: AbortSignal },
): Promise<void> {
  const { queue, endpoints, concurrency, onLineEnded } = dependencies;
  const lines = createLineSource(queue, batch, 2 * concurrency);
  const line = {
    ...dependencies,
    endpoint: endpoints.get(batch.endpoint),
    onEnded: onLineEnded,
  };
  const failed = new AbortController();
  const leave = AbortSignal.any([signals.leave, failed.signal]);
  const worker = async (): Promise<void> => {
    try {
      while (!signals.stopped.aborted && !leave.aborted) {
        const next = await lines.next();
        if (next === undefined) return;
        await runBatchLine(line, batch, next, { ...signals, leave });
      }
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  failed.signal.throwIfAborted();
}

/** Requests of lines that a runner worked on before it died run on by themselves. */
async function cancelLeftOver(
  { queue, relay, concurrency }: RunBatchDependencies,
  batch: Batch,
): Promise<void> {
  const lines = await queue.pendingLines(batch, 0, 2 * concurrency);
  for (const { number, attempt } of lines) {
    try {
      await relay.cancelKeyed(`${batch.id}:${number}:${attempt}`, batch.principal);
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'request_not_found')) throw error;
    }
  }
}
