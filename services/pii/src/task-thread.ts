import { Worker } from 'node:worker_threads';
import type { Clock, MillraceError, Stoppable } from '@millrace/runtime';

/** A thread that answers one task after the other; those that come meanwhile wait. */
export interface TaskThread<Task, Answer> extends Stoppable {
  /** Tasks that it has been given and has not answered. */
  readonly waiting: number;
  /** @throws what `failure` makes of it where the thread failed, ended, or took too long; the signal's reason */
  run(task: Task, signal: AbortSignal): Promise<Answer>;
}

export interface TaskThreadOptions {
  /** Gets a task as a message, and answers it by one. */
  readonly script: URL;
  readonly clock: Clock;
  /** Until a task is answered, in milliseconds; by then the thread is ended. */
  readonly limitMs: number;
  /** Memory of the thread for objects, in MiB; one that needs more is ended, and the process goes on. */
  readonly heapMb: number;
  /** @param what such as "took too long" */
  readonly failure: (what: string, cause?: unknown) => MillraceError;
}

/** The thread is started when it is first needed, and anew after it was ended. */
export function createTaskThread<Task, Answer>(options: TaskThreadOptions): TaskThread<Task, Answer> {
  const { script, clock, limitMs, heapMb, failure } = options;
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const start = (): Worker => {
    const started = new Worker(script, {
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    started.unref();
    // What is printed could quote a text.
    started.stdout.resume();
    started.stderr.resume();
    // Between two tasks nobody else listens, and an error without a listener would end the process.
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

  const answer = async (task: Task, signal: AbortSignal): Promise<Answer> => {
    signal.throwIfAborted();
    const running = (worker ??= start());
    const answered = Promise.withResolvers<Answer>();
    const onError = (cause: unknown): void => answered.reject(failure('failed', cause));
    const onExit = (): void => answered.reject(failure('ended'));
    const onAbort = (): void => answered.reject(signal.reason as Error);
    running.once('message', answered.resolve).once('error', onError).once('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.setTimer(limitMs, () => answered.reject(failure('took too long')));
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      running.postMessage(task);
      return await answered.promise;
    } catch (error) {
      // It may still be at work on what nobody waits for.
      await end();
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      running.off('message', answered.resolve).off('error', onError).off('exit', onExit);
    }
  };

  return {
    get waiting() {
      return waiting;
    },
    run(task, signal) {
      waiting += 1;
      const mine = last.then(() => answer(task, signal)).finally(() => (waiting -= 1));
      // The next one waits for its end, however it ends.
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: end,
  };
}
