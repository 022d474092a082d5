import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { LakeSettings } from './config.ts';

/** What a saved query may be called; a query itself has blanks in it. */
export const queryName = /^[a-z\d][a-z\d_-]{0,63}$/iu;

export interface SavedQuery {
  readonly name: string;
  readonly sql: string;
}

export function queriesFolderOf(settings: LakeSettings): string {
  return path.resolve(settings.queriesFolder ?? path.join(settings.dataFolder, 'queries'));
}

/** The files of a folder that end in `.sql`; none where there is no folder. */
export async function savedQueries(folder: string): Promise<readonly SavedQuery[]> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const saved = names.filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    saved.map(async (name) => ({
      name: path.basename(name, '.sql'),
      sql: await readFile(path.join(folder, name), 'utf8'),
    })),
  );
}

/** @throws `config_invalid` where there is one of that name, or none can be written */
export async function saveQuery(folder: string, { name, sql }: SavedQuery): Promise<string> {
  const file = path.join(folder, `${name}.sql`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(`${sql.trim()}\n`);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new MillraceError(
      'config_invalid',
      isThere ? `${file} is there already: choose another name, or remove it.` : `${file} cannot be written.`,
      {
        param: '--save',
        cause,
      },
    );
  }
  return file;
}
