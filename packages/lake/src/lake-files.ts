import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { DatasetName } from './dataset.ts';
import type { LakeFormat } from './part-writer.ts';

/** A file of a lake. Its name says which messages of the stream are in it: all of its table from `first` to `last`. */
export interface LakeFile {
  readonly path: string;
  readonly day: string;
  /** Sequences in the stream. */
  readonly first: number;
  readonly last: number;
}

const dayFolder = /^day=(\d{4}-\d{2}-\d{2})$/u;
const sequenceDigits = 12;

/** `requests/day=2026-11-28/requests-000000000001-000000000512.parquet` in the lake. */
export function lakePath(
  folder: string,
  dataset: DatasetName,
  format: LakeFormat,
  { day, first, last }: Omit<LakeFile, 'path'>,
): string {
  const range = [first, last].map((sequence) => String(sequence).padStart(sequenceDigits, '0')).join('-');
  return path.join(folder, dataset, `day=${day}`, `${dataset}-${range}.${format}`);
}

/**
 * The files of a table in the order of their rows. What is in the folders besides is not looked at.
 *
 * @throws `config_invalid` where two files have rows in common
 */
export async function listLakeFiles(
  folder: string,
  dataset: DatasetName,
  format: LakeFormat,
): Promise<readonly LakeFile[]> {
  const name = new RegExp(
    `^${dataset}-(\\d{${sequenceDigits},})-(\\d{${sequenceDigits},})\\.${format}$`,
    'u',
  );
  const files: LakeFile[] = [];
  for (const child of await namesIn(path.join(folder, dataset))) {
    const day = dayFolder.exec(child)?.[1];
    if (day === undefined) continue;
    const place = path.join(folder, dataset, child);
    for (const file of await namesIn(place)) {
      const match = name.exec(file);
      if (match === null) continue;
      files.push({ path: path.join(place, file), day, first: Number(match[1]), last: Number(match[2]) });
    }
  }
  files.sort((a, b) => a.first - b.first);
  for (const [index, file] of files.entries()) {
    const before = files[index - 1];
    if (before !== undefined && before.last >= file.first)
      throw new MillraceError(
        'config_invalid',
        `${before.path} and ${file.path} have rows in common: one of them is not from this lake's exports. Move it away.`,
      );
  }
  return files;
}

/** The last sequence of the stream that is in these files; 0: none is. The files themselves are the bookmark. */
export function bookmarkOf(files: readonly LakeFile[]): number {
  return files.at(-1)?.last ?? 0;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
