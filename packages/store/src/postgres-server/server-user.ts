import { execFile } from 'node:child_process';
import { access, chown, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '@millrace/runtime';

/** Who the server runs as; undefined: who we are. */
export type ServerUser = { readonly uid: number; readonly gid: number; readonly name: string } | undefined;

const run = promisify(execFile);

/** PostgreSQL refuses to run as root: then it runs as `postgres` or, where there is no such user, as `nobody`. */
export async function findServerUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout), name };
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 1) throw error;
    }
  }
  throw new MillraceError(
    'part_missing',
    'PostgreSQL cannot run as root, and there is no user postgres or nobody: run as another user, or set DATABASE_URL.',
  );
}

/**
 * Makes a folder that belongs to the server's user.
 *
 * @throws `data_folder_unwritable` when it cannot be written, or that user cannot get to it
 */
export async function makeFolderFor(user: ServerUser, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (user !== undefined) await chown(folder, user.uid, user.gid);
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new MillraceError(
      'data_folder_unwritable',
      `The folder ${folder} cannot be written: choose another with MILLRACE_DATA_DIR.`,
      {
        cause,
      },
    );
  }
  if (user !== undefined) await requireReachable(user, folder);
}

/** @throws `data_folder_unwritable` naming the first folder above that the user may not enter */
export async function requireReachable(user: NonNullable<ServerUser>, path: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid } = await stat(folder);
    const mayEnter = uid === user.uid ? constants.S_IXUSR : constants.S_IXOTH;
    if ((mode & mayEnter) === 0) {
      throw new MillraceError(
        'data_folder_unwritable',
        `As root, PostgreSQL runs as the user ${user.name}, who may not enter ${folder}: run as another user, move ${path} elsewhere (MILLRACE_DATA_DIR), or set DATABASE_URL.`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}
