import { access, constants, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MillraceError } from '@millrace/runtime';

/** Where everything of one installation lies. */
export interface DataFolder {
  readonly path: string;
  readonly nats: string;
  readonly postgres: string;
  readonly masterKey: string;
  readonly credentials: string;
  readonly logs: string;
}

/** @throws `data_folder_unwritable` */
export async function openDataFolder(directory: string): Promise<DataFolder> {
  const path = resolve(directory);
  const logs = join(path, 'logs');
  try {
    await mkdir(logs, { recursive: true, mode: 0o755 });
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
    credentials: join(path, 'credentials.json'),
    logs,
  };
}
