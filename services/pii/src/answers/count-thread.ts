import { Worker } from 'node:worker_threads';
import type { PiiCount } from '@millrace/pii-policy';
import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';
import type { CountAnswer, CountTask } from './count-messages.ts';

/** Counts personal data of answers off the event loop, one answer after the other; those that come meanwhile wait. */
export interface CountThread extends Stoppable {
  /** @throws `pii_unavailable` where it failed or took too long; the signal's reason */
  count(task: CountTask, signal: AbortSignal): Promise<readonly PiiCount[]>;
}

export interface CountThreadOptions {
  readonly clock: Clock;
  /** Until an answer is counted, in milliseconds; by then the thread is ended, and the next answer has a new one. */
  readonly limitMs: number;
}

/** The most that a thread may take, in mebibytes: the lexicon of names has some 60. */
const heapMebibytes = 512;

/** The thread starts with the first answer, and again if it should end. */
export function createCountThread({ clock, limitMs }: CountThreadOptions): CountThread {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const start = (): Worker => {
    const started = new Worker(new URL('count-worker.ts', import.meta.url), {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    });
    started.unref();
    // What is printed could quote a text.
    started.stdout.resume();
    started.stderr.resume();
    // Between two answers nobody else listens, and an error without a listener would end the process.
    started.on('error', () => {
      if (worker === started) worker = undefined;
    });
    return started;
  };

  const end = async (): Promise<void> => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };

  const run = async (task: CountTask, signal: AbortSignal): Promise<readonly PiiCount[]> => {
    signal.throwIfAborted();
    const running = (worker ??= start());
    const answered = Promise.withResolvers<CountAnswer>();
    const onMessage = (answer: CountAnswer): void => answered.resolve(answer);
    const onError = (cause: unknown): void => answered.reject(uncounted('failed', cause));
    const onExit = (): void => answered.reject(uncounted('ended'));
    const onAbort = (): void => answered.reject(signal.reason as Error);
    running.once('message', onMessage).once('error', onError).once('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.setTimer(limitMs, () => answered.reject(uncounted('took too long')));
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      running.postMessage(task);
      const answer = await answered.promise;
      if ('failed' in answer) throw uncounted(`failed: ${answer.failed}`);
      return answer.counts;
    } catch (error) {
      await end();
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      running.off('message', onMessage).off('error', onError).off('exit', onExit);
    }
  };

  return {
    count(task, signal) {
      const mine = last.then(() => run(task, signal));
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: end,
  };
}

function uncounted(what: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'pii_unavailable',
    `What an answer has of personal data was not counted: the check ${what}.`,
    { retryable: true, cause },
  );
}
