import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '@millrace/runtime';
import type { PostgresBinaries } from './binaries.ts';
import { makeFolderFor, type ServerUser } from './server-user.ts';

export const superuser = 'millrace';

const run = promisify(execFile);

export interface Cluster {
  /** Folder of the data. */
  readonly folder: string;
  readonly password: string;
}

/**
 * The database cluster below a folder, made on first use: whole or not at all.
 *
 * @throws `data_folder_unwritable`, `internal_error`
 */
export async function ensureCluster(
  binaries: PostgresBinaries,
  user: ServerUser,
  dataDir: string,
): Promise<Cluster> {
  const folder = join(dataDir, 'cluster');
  const passwordFile = join(dataDir, 'password');
  if (await exists(join(folder, 'PG_VERSION')))
    return { folder, password: (await readFile(passwordFile, 'utf8')).trim() };

  const fresh = join(dataDir, `cluster.${process.pid}`);
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await makeFolderFor(user, fresh);
  await initialize(binaries, user, fresh, password);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return { folder, password };
}

async function initialize(
  binaries: PostgresBinaries,
  user: ServerUser,
  folder: string,
  password: string,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-initdb-'));
  const passwordFile = join(scratch, 'password');
  try {
    await makeFolderFor(user, scratch);
    await writeFile(passwordFile, `${password}\n`, { mode: 0o644 });
    await run(
      binaries.initdb,
      [
        `--pgdata=${folder}`,
        `--username=${superuser}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--no-instructions',
      ],
      { cwd: scratch, ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }) },
    );
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const lines = ((cause as { readonly stderr?: string }).stderr ?? '').trim();
    throw new MillraceError(
      'internal_error',
      `PostgreSQL could not make its data folder ${folder}: ${lines.split('\n').at(-1) ?? ''}`,
      {
        cause,
      },
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
