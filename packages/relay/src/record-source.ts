import type { ResultChunk } from '@millrace/contracts';
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
  /** Called when all that is stored has been read; throws when there is nothing to wait for. */
  readonly onCaughtUp: () => void;
}

/**
 * The records of one request, each once and in order: first those that are stored, then live ones as they are stored. A gap
 * between live ones, or a reader that was too slow for the queue, is made up for from the stream.
 *
 * @throws the signal's reason; what `onCaughtUp` throws
 */
export async function* recordsOf(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  { requestId, queue, afterSequence, isFresh, idleRecheckMs, signal, onGap, onCaughtUp }: RecordSourceOptions,
): AsyncGenerator<ResultChunk, never> {
  const { codec, clock } = dependencies;
  let last = afterSequence;
  let mustRead = !isFresh;
  for (;;) {
    if (mustRead) {
      queue.restart();
      for await (const { stored, record } of readResults(dependencies, requestId, {
        fromSequence: last + 1,
        signal,
      })) {
        if (stored.sequence <= last) continue;
        last = stored.sequence;
        yield record;
      }
      signal.throwIfAborted();
      onCaughtUp();
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
