import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { MillraceError } from '@millrace/runtime';

/** The lines of a file, from its beginning each time. @throws `part_missing` */
export function linesOf(file: string): () => AsyncIterable<string> {
  return async function* () {
    const handle = await opened(file, () => open(file));
    yield* handle.readLines();
  };
}

/** @throws `part_missing` */
export function textOf(file: string): Promise<string> {
  return opened(file, () => readFile(file, 'utf8'));
}

/**
 * Writes a file that is not there yet.
 *
 * @throws `config_invalid` when it is there, or cannot be written
 */
export async function writeNew(file: string, lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx', 0o600);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const message = isThere
      ? `${file} is there already: name another file with --to.`
      : `${file} cannot be written: name another file with --to.`;
    throw new MillraceError('config_invalid', message, { param: '--to', cause });
  }
  try {
    await writeFile(handle, lines);
  } finally {
    await handle.close();
  }
}

async function opened<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw new MillraceError('part_missing', `${file} cannot be read.`, { cause });
  }
}
