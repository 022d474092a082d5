import { readFile, writeFile } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import { MillraceError } from './millrace-error.ts';
import { processIdentity, type ProcessIdentity } from './process-identity.ts';

interface Owners {
  readonly server: ProcessIdentity;
  readonly parent: ProcessIdentity;
}

const pollMs = 20;
const gracePeriodMs = 10_000;

export interface LeftOverOptions {
  /** File that `recordOwners` wrote. */
  readonly file: string;
  /** Folder that the server works on, for messages. */
  readonly dataDir: string;
  /** What it is, for messages: `nats-server`. */
  readonly name: string;
  /** Asks it to stop; by default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Remembers which server works for whom, so that the next start can tell a left-over from one in use. */
export async function recordOwners(file: string, serverPid: number): Promise<void> {
  const [server, parent] = await Promise.all([processIdentity(serverPid), processIdentity(process.pid)]);
  if (server === undefined || parent === undefined) return;
  await writeFile(file, `${JSON.stringify({ server, parent })}\n`);
}

/**
 * Stops the server that a killed parent left behind on a folder. A process is only touched when its start time and command
 * are those that were recorded.
 * @throws MillraceError data_folder_unwritable when the parent is alive: then the folder is in use
 */
export async function stopLeftOver(options: LeftOverOptions): Promise<void> {
  const { file, dataDir, name, clock, logger, stopSignal = 'SIGTERM' } = options;
  const owners = await readOwners(file);
  if (owners === undefined || !(await isAlive(owners.server))) return;
  if (owners.parent.pid !== process.pid && (await isAlive(owners.parent))) {
    throw new MillraceError(
      'data_folder_unwritable',
      `The data folder ${dataDir} is in use by process ${owners.parent.pid}: stop it, or choose another folder`,
    );
  }
  logger.warn(
    { pid: owners.server.pid, server: name },
    'stopping a server that a killed process left behind',
  );
  await stopProcess(owners.server, stopSignal, clock);
}

async function stopProcess(server: ProcessIdentity, stopSignal: NodeJS.Signals, clock: Clock): Promise<void> {
  const startMs = clock.monotonicMs();
  const never = new AbortController().signal;
  let signal = stopSignal;
  send(server.pid, signal);
  while (await isAlive(server)) {
    if (signal === stopSignal && clock.monotonicMs() - startMs > gracePeriodMs) {
      signal = 'SIGKILL';
      send(server.pid, signal);
    }
    await clock.sleep(pollMs, never);
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function isAlive(recorded: ProcessIdentity): Promise<boolean> {
  const found = await processIdentity(recorded.pid);
  return found !== undefined && found.started === recorded.started && found.command === recorded.command;
}

async function readOwners(file: string): Promise<Owners | undefined> {
  try {
    const owners: Owners = JSON.parse(await readFile(file, 'utf8'));
    return owners;
  } catch (error) {
    // A file that was cut short by a crash is as good as none.
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
