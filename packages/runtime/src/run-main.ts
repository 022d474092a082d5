import type { Stoppable } from './stoppable.ts';
import type { Logger } from './logger.ts';
import { safeMessage, serializeError } from './serialize-error.ts';

export interface RunMainOptions {
  /** Gets what goes wrong outside of the start; by default one JSON line on the standard error. */
  readonly logger?: Logger;
  /** After a signal the process ends at the latest after this; by default 30 s. */
  readonly stopLimitMs?: number;
  /** A signal that follows another one sooner is the same: sent to the process group, and passed on by the parent. By default 1 s. */
  readonly sameSignalMs?: number;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Runs a service as a process. SIGTERM and SIGINT stop it cleanly and exit 0; a later one, or a stop that takes longer than
 * the limit, exits at once. An error at start prints its message as one line and exits 1; so does a promise that nobody handled.
 * @param start its signal is aborted when the process is to end, also while it still starts
 */
export async function runMain(
  start: (signal: AbortSignal) => Promise<Stoppable>,
  { logger, stopLimitMs = 30_000, sameSignalMs = 1_000 }: RunMainOptions = {},
): Promise<void> {
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => {
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const report = (message: string, error?: unknown): void => {
    const fields = error === undefined ? {} : { error: serializeError(error) };
    if (logger === undefined)
      process.stderr.write(`${JSON.stringify({ level: 'fatal', message, ...fields })}\n`);
    else logger.fatal(fields, message);
  };
  let signalledAtMs = 0;
  for (const name of signals) {
    process.on(name, () => {
      const now = performance.now();
      if (ending.signal.aborted) {
        if (now - signalledAtMs >= sameSignalMs) process.exit(1);
        return;
      }
      signalledAtMs = now;
      setTimeout(() => {
        report(`did not stop within ${stopLimitMs} ms`);
        process.exit(1);
      }, stopLimitMs).unref();
      ending.abort(new Error(`stopped by ${name}`));
    });
  }
  for (const name of ['unhandledRejection', 'uncaughtException'] as const) {
    process.on(name, (error: unknown) => {
      report(
        name === 'unhandledRejection' ? 'a promise was rejected and not handled' : 'an error was not caught',
        error,
      );
      process.exit(1);
    });
  }

  // Keeps the process alive while all else is idle.
  const keepAlive = setInterval(() => undefined, 2 ** 30);
  const started = await attempt(() => start(ending.signal));
  if (!started.ok) {
    if (ending.signal.aborted) process.exit(0);
    const text = started.error instanceof Error ? safeMessage(started.error) : 'The start failed';
    process.stderr.write(`${text.split('\n', 1)[0]}\n`);
    process.exit(1);
  }
  await ended;
  const stopped = await attempt(() => started.value.stop());
  clearInterval(keepAlive);
  if (!stopped.ok) report('did not stop cleanly', stopped.error);
  process.exit(stopped.ok ? 0 : 1);
}

type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: unknown };

async function attempt<Value>(run: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    return { ok: false, error };
  }
}
