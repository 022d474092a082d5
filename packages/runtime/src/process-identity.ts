import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A pid alone may have been given to another process since. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own terms: only equality means anything. */
  readonly started: string;
  readonly command: string;
}

const run = promisify(execFile);

/** The process of that pid as it is now, or undefined when there is none. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
}

async function fromProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    // The name in parentheses may hold blanks; state is field 3 of proc(5), starttime field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return undefined;
    return { pid, started: fields[19] ?? '', command: command.replaceAll('\0', ' ').trim() };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

async function fromPs(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-o', 'command=', '-p', String(pid)]);
    const line = stdout.trim();
    return { pid, started: line.slice(0, 24), command: line.slice(24).trim() };
  } catch (error) {
    // `ps` exits with 1 when there is no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
