import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { MillraceError, processIdentity, type ProcessIdentity, type Stoppable } from '@millrace/runtime';

interface Holder {
  readonly host: string;
  readonly process: ProcessIdentity;
}

/**
 * Keeps others from exporting to a lake. What a process of this machine has left behind that is no more is taken over.
 *
 * @throws `config_invalid` while somebody else exports to it, or did on another machine and was killed
 */
export async function lockLake(folder: string): Promise<Stoppable> {
  const lock = path.join(folder, '.export.lock');
  const own = await processIdentity(process.pid);
  if (own === undefined) throw new MillraceError('internal_error', 'This process has no identity.');
  const draft = `${lock}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ host: hostname(), process: own } satisfies Holder)}\n`);
  try {
    // A link is there as a whole or not at all.
    while (!(await tryLink(draft, lock))) await removeLeftOver(lock, folder);
  } finally {
    await rm(draft, { force: true });
  }
  return { stop: () => rm(lock, { force: true }) };
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeLeftOver(lock: string, folder: string): Promise<void> {
  await requireLeftOver(lock, lock, folder);
  // Whoever moves it away first has it to itself; what was moved may by then be another's.
  const moved = `${lock}.${process.pid}.left`;
  try {
    await rename(lock, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await requireLeftOver(moved, lock, folder);
  } catch (error) {
    await tryLink(moved, lock);
    throw error;
  } finally {
    await rm(moved, { force: true });
  }
}

async function requireLeftOver(file: string, lock: string, folder: string): Promise<void> {
  const holder = await readHolder(file);
  if (holder === undefined || (holder.host === hostname() && !(await isAlive(holder.process)))) return;
  throw new MillraceError(
    'config_invalid',
    `${folder} is being exported to by process ${holder.process.pid} on ${holder.host}. If that is no more, remove ${lock}.`,
    { param: '--to' },
  );
}

async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await processIdentity(pid))?.started === started;
}

/** Undefined where it is gone. */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const holder: Holder = JSON.parse(await readFile(file, 'utf8'));
    return holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
