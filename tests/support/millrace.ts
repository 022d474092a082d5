import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const embedded = fileURLToPath(new URL('../../services/embedded/src/main.ts', import.meta.url));

export interface MillraceEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm start` without the set-up: the embedded platform as a process. */
export interface Millrace {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly ended: Promise<MillraceEnd>;
  /**
   * Resolves with all of the standard output so far once this stands in it.
   *
   * @throws when the process ends without having said it, with what it said instead
   */
  said(text: string): Promise<string>;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
}

export interface MillraceOptions {
  /** The set-up, for one that stands between. */
  readonly script?: string;
  /** Whether it leads a process group of its own. */
  readonly detached?: boolean;
}

/** Starts it with these arguments, and settings over those of this process. */
export function startMillrace(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { script = embedded, detached = false }: MillraceOptions = {},
): Millrace {
  const child = spawn(process.execPath, [script, ...args], {
    detached,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let isEnded = false;
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<MillraceEnd>((resolve) => {
    child.once('close', (code) => {
      isEnded = true;
      resolve({ code, stdout, stderr });
      for (const look of waiting) look();
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text)) resolve(stdout);
          else if (isEnded) reject(new Error(`It ended without "${text}". It said: ${stdout}${stderr}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    kill: (signal) => child.kill(signal),
  };
}
