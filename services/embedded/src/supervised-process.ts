import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { MillraceError, type Clock, type Logger, type Stoppable } from '@millrace/runtime';

export interface SupervisedProcessOptions {
  readonly name: string;
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  /** File that gets its output. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SupervisedProcess extends Stoppable {
  readonly pid: number | undefined;
  /** Rejects when the process ends before it was ever ready, with the last line that it wrote. */
  readonly failed: Promise<never>;
  /** From now on an end of the process is followed by a new start. */
  settle(): void;
}

const firstDelayMs = 200;
const longestDelayMs = 10_000;
const steadyAfterMs = 30_000;
const stopLimitMs = 15_000;

/** A Node process that is started again when it ends: at once the first time, later with growing delays. */
export function startSupervisedProcess(options: SupervisedProcessOptions): SupervisedProcess {
  const { name, script, env, clock, logger } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch((error: unknown) =>
    logger.error({ error, process: name }, 'a process did not start'),
  );
  let child: ChildProcess | undefined;
  let settled = false;
  let stopping = false;
  let delayMs = firstDelayMs;
  let ended = Promise.resolve();

  const start = (): void => {
    const startedAt = clock.monotonicMs();
    const log = openSync(options.logFile, 'a');
    const started = spawn(process.execPath, [script], { env, stdio: ['ignore', log, 'pipe'] });
    closeSync(log);
    child = started;
    let lastLine = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastLine = text.trim().split('\n').at(-1) ?? lastLine;
      logger.warn({ process: name, line: lastLine.slice(0, 500) }, 'a process wrote to its standard error');
    });
    ended = new Promise((resolve) => {
      started.on('close', (code, signal) => {
        resolve();
        if (stopping) return;
        if (!settled) {
          const why = lastLine === '' ? `exit code ${code ?? signal}` : lastLine;
          failure.reject(new MillraceError('unavailable', `${name} did not start: ${why}`));
          return;
        }
        if (clock.monotonicMs() - startedAt > steadyAfterMs) delayMs = firstDelayMs;
        logger.warn({ process: name, code, signal, delayMs }, 'a process ended and is started again');
        clock.setTimer(delayMs, () => {
          if (!stopping) start();
        });
        delayMs = Math.min(longestDelayMs, delayMs * 2);
      });
    });
  };
  start();

  return {
    get pid() {
      return child?.pid;
    },
    failed: failure.promise,
    settle() {
      settled = true;
    },
    async stop() {
      stopping = true;
      child?.kill('SIGTERM');
      const limit = clock.setTimer(stopLimitMs, () => child?.kill('SIGKILL'));
      await ended;
      limit.cancel();
    },
  };
}
