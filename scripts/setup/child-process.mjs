import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The exit code that a shell would report. */
export function exitCodeOf({ code, signal }) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

/**
 * Runs a program to its end. Signals that reach this process go on to it, once each: what a terminal sends
 * reaches the whole process group anyway.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions,
 *   onSpawn?: (pid: number) => void, onLine?: (line: string) => void }} [options] `onLine` gets each line of stdout
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 * @throws the system's error where the program cannot be started
 */
export function runChild(
  command,
  args,
  { cwd, env, stdio = ['ignore', 'pipe', 'pipe'], onSpawn, onLine } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio });
    const handlers = new Map();
    const release = () => handlers.forEach((handler, signal) => process.removeListener(signal, handler));
    for (const signal of passedOn) {
      const fromTerminal = signal !== 'SIGTERM' && process.stdin.isTTY === true;
      const handler = () => {
        if (!fromTerminal) child.kill(signal);
      };
      handlers.set(signal, handler);
      process.on(signal, handler);
    }
    let stdout = '';
    let stderr = '';
    if (child.stdout && onLine) createInterface({ input: child.stdout }).on('line', onLine);
    else child.stdout?.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
    child.on('spawn', () => onSpawn?.(child.pid));
    child.on('error', (error) => {
      release();
      reject(error);
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** Like `runChild`, with an error that holds the end of its output when the program does not exit with 0. */
export async function runChecked(command, args, options) {
  const result = await runChild(command, args, options);
  if (result.code === 0) return result;
  if (result.signal !== null || result.code === 130 || result.code === 143)
    throw new Interrupted(exitCodeOf(result));
  const output = `${result.stdout}\n${result.stderr}`.trim();
  const end = output.split('\n').slice(-12).join('\n');
  throw Object.assign(new Error(end || `${command} exited with ${result.code}`), { output });
}

/** A child was ended by a signal: the set-up ends the same way, and says nothing more. */
export class Interrupted extends Error {
  /** @param {number} exitCode */
  constructor(exitCode) {
    super('interrupted');
    this.name = 'Interrupted';
    this.exitCode = exitCode;
  }
}
