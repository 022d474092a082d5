import type { Stoppable } from './stoppable.ts';

/**
 * Stops all, the last started first. One that fails does not keep the others running.
 * @throws the error, or an AggregateError of several, after all were stopped
 */
export async function stopInReverse(parts: readonly Stoppable[]): Promise<void> {
  const errors: unknown[] = [];
  for (const part of parts.toReversed()) {
    try {
      await part.stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} parts did not stop cleanly`);
}

/**
 * Starts one after the other. When one fails, or the signal is aborted in between, those already started are stopped.
 * @throws the error of the start, or the signal's reason
 */
export async function startAll(
  starts: readonly (() => Promise<Stoppable>)[],
  signal: AbortSignal,
): Promise<Stoppable> {
  const started: Stoppable[] = [];
  try {
    for (const start of starts) {
      signal.throwIfAborted();
      started.push(await start());
    }
  } catch (error) {
    try {
      await stopInReverse(started);
    } catch (stopError) {
      throw new AggregateError([error, stopError], error instanceof Error ? error.message : 'start failed', {
        cause: stopError,
      });
    }
    throw error;
  }
  return { stop: () => stopInReverse(started) };
}
