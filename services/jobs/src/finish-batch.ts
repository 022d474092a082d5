import type { Batch, BatchEnding, BatchQueue, FileStore, FileWriter, TakenBatch } from '@millrace/jobs';
import { undoneLine } from './run-batch-line.ts';

export interface FinishDependencies {
  readonly queue: Pick<BatchQueue, 'endedLines' | 'end'>;
  readonly files: Pick<FileStore, 'create'>;
}

/** Lines that are in memory at once. */
const portionLines = 20;

/** Writes the files of a batch and ends it. @throws the signal's reason; then nothing of the files is left */
export async function finishBatch(
  { queue, files }: FinishDependencies,
  taken: TakenBatch,
  removeAt: number,
  signal: AbortSignal,
): Promise<BatchEnding['status']> {
  const { batch, details } = taken;
  const writers = new Map<'output' | 'error', FileWriter>();
  const writerOf = async (kind: 'output' | 'error'): Promise<FileWriter> => {
    const writer =
      writers.get(kind) ??
      (await files.create({
        principal: batch.principal,
        purpose: 'batch_output',
        name: `${batch.id}_${kind}.jsonl`,
        retentionMs: details.outputRetentionMs,
      }));
    writers.set(kind, writer);
    return writer;
  };
  const write = async (kind: 'output' | 'error', line: object): Promise<void> => {
    const writer = await writerOf(kind);
    await writer.write(Buffer.from(`${JSON.stringify(line)}\n`, 'utf8'));
  };

  const counts = { completed: 0, failed: 0 };
  let isDone = true;
  const isCancelled = batch.cancellingAt !== undefined;
  try {
    for (let last = 0; ;) {
      signal.throwIfAborted();
      const lines = await queue.endedLines(batch, last, portionLines);
      for (const line of lines) {
        last = line.number;
        if (line.ended === undefined) {
          isDone = false;
          await write('error', undoneLine(batch, line, isCancelled ? 'batch_cancelled' : 'batch_expired'));
        } else {
          counts[line.ended.status] += 1;
          await write(line.ended.status === 'completed' ? 'output' : 'error', line.ended.result);
        }
      }
      if (lines.length < portionLines) break;
    }
    for (const writer of writers.values()) await writer.flush();
    const status = endOf(batch, isDone);
    await queue.end(taken, {
      ...counts,
      status,
      output: writers.get('output'),
      errors: writers.get('error'),
      removeAt,
    });
    return status;
  } catch (error) {
    for (const writer of writers.values()) await writer.discard();
    throw error;
  }
}

function endOf({ cancellingAt }: Batch, isDone: boolean): BatchEnding['status'] {
  if (cancellingAt !== undefined) return 'cancelled';
  return isDone ? 'completed' : 'expired';
}
