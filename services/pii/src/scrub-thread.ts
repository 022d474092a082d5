import { Worker } from 'node:worker_threads';
import { MillraceError, type Clock } from '@millrace/runtime';
import { errorOf } from './refusal.ts';
import type { ScrubAnswer, ScrubTask } from './scrub-messages.ts';
import type { Unclassified } from './scrub-classified.ts';
import type { Scrubbed } from './scrub.ts';

export interface ScrubThreadOptions {
  readonly clock: Clock;
  /** Until an answer is there, in milliseconds; by then the thread is ended. */
  readonly limitMs: number;
  /** Memory of the thread for objects, in MiB; one that needs more is ended, and the process goes on. */
  readonly heapMb: number;
}

/** A thread that scrubs one request at a time. It is started when it is first needed, and anew after it was ended. */
export class ScrubThread {
  readonly #options: ScrubThreadOptions;
  #worker: Worker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: ScrubThreadOptions) {
    this.#options = options;
  }

  /** Requests that it has been asked for and has not answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * @throws `payload_too_large`, `content_blocked`; `pii_unavailable` where it failed or took too long; the signal's reason
   */
  scrub(task: ScrubTask & { readonly classified?: never }, signal: AbortSignal): Promise<Scrubbed>;
  /** The same by what a model found. @returns what it has not looked at, if there is anything */
  scrub(task: ScrubTask, signal: AbortSignal): Promise<Scrubbed | Unclassified>;
  async scrub(task: ScrubTask, signal: AbortSignal): Promise<Scrubbed | Unclassified> {
    this.#waiting += 1;
    const turn = this.#last;
    const done = Promise.withResolvers<void>();
    this.#last = done.promise;
    try {
      await turn;
      signal.throwIfAborted();
      return await this.#run(task, signal);
    } finally {
      this.#waiting -= 1;
      done.resolve();
    }
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #run(task: ScrubTask, signal: AbortSignal): Promise<Scrubbed | Unclassified> {
    const { clock, limitMs } = this.#options;
    const worker = (this.#worker ??= this.#start());
    const answered = Promise.withResolvers<ScrubAnswer>();
    const onMessage = (answer: ScrubAnswer): void => answered.resolve(answer);
    const onError = (cause: unknown): void => answered.reject(unavailable('failed', cause));
    const onExit = (): void => answered.reject(unavailable('ended'));
    const onAbort = (): void => answered.reject(signal.reason as Error);
    worker.once('message', onMessage).once('error', onError).once('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.setTimer(limitMs, () => answered.reject(unavailable('took too long')));
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage(task);
      const answer = await answered.promise;
      if ('refused' in answer) throw errorOf(answer.refused);
      return answer;
    } catch (error) {
      const isRefusal = error instanceof MillraceError && error.code !== 'pii_unavailable';
      // It may still be at work on what nobody waits for.
      if (!isRefusal || signal.aborted) await this.stop();
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('scrub-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMb },
    });
    worker.unref();
    // Between two requests nobody else listens, and an error without a listener would end the process.
    worker.on('error', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

function unavailable(what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    `The content could not be checked for personal data: the check ${what}.`,
    { retryable: true, cause },
  );
}
