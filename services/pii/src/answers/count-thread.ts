import type { PiiCount } from '@millrace/pii-policy';
import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import { createTaskThread } from '../task-thread.ts';
import type { CountAnswer, CountTask } from './count-messages.ts';

/** Counts personal data of answers off the event loop, one answer after the other; those that come meanwhile wait. */
export interface CountThread extends Stoppable {
  /** @throws `pii_unavailable` where it failed or took too long; the signal's reason */
  count(task: CountTask, signal: AbortSignal): Promise<readonly PiiCount[]>;
}

export interface CountThreadOptions {
  readonly clock: Clock;
  /** That an answer may take, in milliseconds. */
  readonly limitMs: number;
}

/** The most that a thread may take, in MiB: the lexicon of names has some 60. */
const heapMb = 512;

export function createCountThread({ clock, limitMs }: CountThreadOptions): CountThread {
  const thread = createTaskThread<CountTask, CountAnswer>({
    script: new URL('count-worker.ts', import.meta.url),
    clock,
    limitMs,
    heapMb,
    failure: uncounted,
  });
  return {
    async count(task, signal) {
      const answer = await thread.run(task, signal);
      if ('failed' in answer) throw uncounted(`failed: ${answer.failed}`);
      return answer.counts;
    },
    stop: () => thread.stop(),
  };
}

function uncounted(what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    `What an answer has of personal data was not counted: the check ${what}.`,
    { retryable: true, cause },
  );
}
