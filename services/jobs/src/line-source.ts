import type { Batch, BatchLine, BatchQueue } from '@millrace/jobs';

/** Hands the lines of a batch out, one by one, to several who work on them. */
export interface LineSource {
  /** @returns undefined when all have been handed out */
  next(): Promise<BatchLine | undefined>;
}

/** @param portion lines that are read at once */
export function createLineSource(
  queue: Pick<BatchQueue, 'pendingLines'>,
  batch: Batch,
  portion: number,
): LineSource {
  let waiting: readonly BatchLine[] = [];
  let last = 0;
  let reading: Promise<unknown> = Promise.resolve();
  const take = async (): Promise<BatchLine | undefined> => {
    if (waiting.length === 0) waiting = await queue.pendingLines(batch, last, portion);
    const [line, ...rest] = waiting;
    waiting = rest;
    if (line !== undefined) last = line.number;
    return line;
  };
  return {
    next() {
      const taken = reading.then(take);
      // Whoever takes this line is told; the next one reads on.
      reading = taken.catch(() => undefined);
      return taken;
    },
  };
}
