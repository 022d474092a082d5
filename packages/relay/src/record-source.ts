import type { ResultChunk } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import { readResults, type StageDependencies } from '@millrace/stage';
import type { LiveQueue } from './live-queue.ts';

export interface RecordSourceOptions {
  readonly requestId: string;
  /** Collects since before the stream is read. */
  readonly queue: LiveQueue;
  /** Sequence of the last record that is known already; 0: none. */
  readonly afterSequence: number;
  /** Whether the queue has everything after it, so that the stream need not be read first. */
  readonly isFresh: boolean;
  /** After this much silence the stream is asked, in case that a repetition was lost. */
  readonly idleRecheckMs: number;
  readonly signal: AbortSignal;
  /** Called before each look into the stream but the first. */
  readonly onGap: () => void;
  /** When silence is no longer waited for, in milliseconds since the epoch. */
  readonly giveUpAt: () => number;
}

/**
 * The records of one request, each once and in order: first those that are stored, then live ones as they are stored. A gap
 * between live ones, or a reader that was too slow for the queue, is made up for from the stream.
 *
 * @throws the signal's reason; `deadline_exceeded` when nothing came long after the deadline
 */
export async function* recordsOf(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  { requestId, queue, afterSequence, isFresh, idleRecheckMs, signal, onGap, giveUpAt }: RecordSourceOptions,
): AsyncGenerator<ResultChunk, never> {
  const { codec, clock } = dependencies;
  let last = afterSequence;
  let mustRead = !isFresh;
  for (;;) {
    if (mustRead) {
      queue.restart();
      for await (const { stored, record } of readResults(dependencies, requestId, { fromSequence: last + 1, signal })) {
        if (stored.sequence <= last) continue;
        last = stored.sequence;
        yield record;
      }
      signal.throwIfAborted();
      if (clock.now() > giveUpAt()) {
        throw new MillraceError('deadline_exceeded', 'The request is past its deadline and nothing more was heard of it.');
      }
      mustRead = false;
    }
    const idle = clock.setTimer(idleRecheckMs, () => queue.invalidate());
    let live;
    try {
      live = await queue.take(signal);
    } finally {
      idle.cancel();
    }
    if (live === 'stale') {
      mustRead = true;
      onGap();
    } else if (live.sequence > last) {
      if (live.previousSequence === last) {
        last = live.sequence;
        yield codec.decode('result.chunk', live.payload);
      } else {
        mustRead = true;
        onGap();
      }
    }
  }
}
