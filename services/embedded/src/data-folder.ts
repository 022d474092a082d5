import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '@millrace/runtime';

/** Where everything of one installation lies. */
export interface DataFolder {
  readonly path: string;
  readonly nats: string;
  readonly postgres: string;
  readonly masterKey: string;
  /** The key that the audit log is signed with. */
  readonly auditKey: string;
  readonly credentials: string;
  /** Where the NATS of the running installation is, for the command line. */
  readonly natsUrl: string;
  /** The same of its database, with the password. */
  readonly databaseUrl: string;
  readonly logs: string;
}

/** @throws `data_folder_unwritable` */
export async function openDataFolder(directory: string): Promise<DataFolder> {
  const path = resolve(directory);
  const logs = join(path, 'logs');
  try {
    await makeFolder(logs);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new MillraceError(
      'data_folder_unwritable',
      `The data folder ${path} cannot be written: choose another with MILLRACE_DATA_DIR.`,
      {
        cause,
      },
    );
  }
  return {
    path,
    nats: join(path, 'nats'),
    postgres: join(path, 'postgres'),
    masterKey: join(path, 'master.key'),
    auditKey: join(path, 'audit.key'),
    natsUrl: join(path, 'nats.url'),
    databaseUrl: join(path, 'database.url'),
    credentials: join(path, 'credentials.json'),
    logs,
  };
}

/** One level after the other: where none can be made, as below /proc, `recursive` never comes to an end. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(path, { mode: 0o755 });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
