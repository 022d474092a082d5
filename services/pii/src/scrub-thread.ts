import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import { errorOf } from './refusal.ts';
import type { ScrubAnswer, ScrubTask } from './scrub-messages.ts';
import type { Unclassified } from './scrub-classified.ts';
import type { Scrubbed } from './scrub.ts';
import { createTaskThread } from './task-thread.ts';

/** A thread that scrubs one request at a time. */
export interface ScrubThread extends Stoppable {
  /** Requests that it has been asked for and has not answered. */
  readonly waiting: number;
  /**
   * @throws `payload_too_large`, `content_blocked`; `pii_unavailable` where it failed or took too long; the signal's reason
   */
  scrub(task: ScrubTask & { readonly classified?: never }, signal: AbortSignal): Promise<Scrubbed>;
  /** The same by what a model found. @returns what it has not looked at, if there is anything */
  scrub(task: ScrubTask, signal: AbortSignal): Promise<Scrubbed | Unclassified>;
}

export interface ScrubThreadOptions {
  readonly clock: Clock;
  /** That it may take for a request, in milliseconds. */
  readonly limitMs: number;
  /** Memory that it may take, in MiB. */
  readonly heapMb: number;
}

export function createScrubThread(options: ScrubThreadOptions): ScrubThread {
  const thread = createTaskThread<ScrubTask, ScrubAnswer>({
    ...options,
    script: new URL('scrub-worker.ts', import.meta.url),
    failure: (what, cause) =>
      new MillraceError(
        'pii_unavailable',
        `The content could not be checked for personal data: the check ${what}.`,
        { retryable: true, cause },
      ),
  });
  const scrub = async (task: ScrubTask, signal: AbortSignal): Promise<Scrubbed | Unclassified> => {
    const answer = await thread.run(task, signal);
    if ('refused' in answer) throw errorOf(answer.refused);
    return answer;
  };
  return {
    get waiting() {
      return thread.waiting;
    },
    scrub: scrub as ScrubThread['scrub'],
    stop: () => thread.stop(),
  };
}
