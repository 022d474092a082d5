import { MillraceError } from '@millrace/runtime';

/** Runs what ends early, and cleanly, when the process is told to stop. */
export async function untilInterrupted<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new MillraceError('cancelled', 'It was interrupted.'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await run(controller.signal);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
