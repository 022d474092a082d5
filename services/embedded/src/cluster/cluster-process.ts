import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { MillraceError, type Clock, type Stoppable } from '@millrace/runtime';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it was killed or stopped by its `ClusterProcess`. */
  readonly expected: boolean;
}

/** A service that runs as a process of its own, can be killed, and comes back on the same port. */
export interface ClusterProcess extends Stoppable {
  /** `edge`, or `edge-2` for the second of a service. */
  readonly name: string;
  /** Of the present process, or of the last one. */
  readonly pid: number;
  readonly running: boolean;
  /** Of a gateway: where it serves. Of the others: where health and metrics are. */
  readonly url: string;
  /** Resolves when the present process is gone. */
  readonly exited: Promise<ProcessEnd>;
  /** SIGKILL by default. Resolves when the process is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  send(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /**
   * Resolves when the process is ready.
   *
   * @throws `unavailable` with the last line of its output when it ends before that
   */
  start(): Promise<void>;
  /** Kills the process and starts it again. */
  restart(): Promise<void>;
}

export interface ClusterProcessOptions {
  readonly name: string;
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  readonly url: string;
  /** File that gets its output. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly onOutput?: ((name: string, text: string) => void) | undefined;
}

const pollMs = 25;
const stopLimitMs = 10_000;

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<ProcessEnd>;
  readonly lastLine: () => string;
}

/** A process that is not started yet. */
export function createClusterProcess(options: ClusterProcessOptions): ClusterProcess {
  const { name, url, clock } = options;
  let run: Run | undefined;
  let expected = false;

  const present = (): Run => {
    if (run === undefined) throw new MillraceError('internal_error', `${name} was never started.`);
    return run;
  };
  const isRunning = (): boolean =>
    run !== undefined && run.child.exitCode === null && run.child.signalCode === null;

  const process: ClusterProcess = {
    name,
    url,
    get pid() {
      return present().child.pid ?? 0;
    },
    get running() {
      return isRunning();
    },
    get exited() {
      return present().exited;
    },
    async kill(signal = 'SIGKILL') {
      if (!isRunning()) return;
      const { child, exited } = present();
      expected = true;
      child.kill(signal);
      await exited;
    },
    send(signal) {
      present().child.kill(signal);
    },
    async start() {
      if (isRunning()) throw new MillraceError('internal_error', `${name} runs already.`);
      expected = false;
      run = launch(options, () => expected);
      await untilReady(name, url, run, clock);
    },
    async restart() {
      await process.kill();
      await process.start();
    },
    async stop() {
      if (!isRunning()) return;
      const { child } = present();
      child.kill('SIGCONT');
      const limit = clock.setTimer(stopLimitMs, () => child.kill('SIGKILL'));
      await process.kill('SIGTERM');
      limit.cancel();
    },
  };
  return process;
}

function launch(
  { name, script, env, logFile, onOutput }: ClusterProcessOptions,
  isExpected: () => boolean,
): Run {
  const log = openSync(logFile, 'a');
  // In a process group of its own: Ctrl-C in a terminal goes to the parent, which stops all in order.
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let lastLine = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      writeSync(log, text);
      lastLine = text.trim().split('\n').at(-1) ?? lastLine;
      onOutput?.(name, text);
    });
  }
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => {
      closeSync(log);
      resolve({ code, signal, expected: isExpected() });
    });
  });
  return { child, exited, lastLine: () => lastLine };
}

/** Asks `/readyz` until it says yes. */
async function untilReady(name: string, url: string, run: Run, clock: Clock): Promise<void> {
  const ended = new AbortController();
  void run.exited.then(() => ended.abort());
  while (!(await isReady(url))) {
    if (ended.signal.aborted) {
      throw new MillraceError('unavailable', `${name} ended before it was ready: ${run.lastLine()}`);
    }
    await clock.sleep(pollMs, new AbortController().signal);
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    // Not listening yet, or stopped while it answered.
    return false;
  }
}
