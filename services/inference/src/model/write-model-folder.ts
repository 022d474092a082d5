import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { hashFile } from './hash-file.ts';
import { checksumsFileName, type ModelChecksums } from './model-checksums.ts';
import { graphFileName, manifestFileName, tokenizerFileName } from './model-manifest.ts';

/** @throws MillraceError `data_folder_unwritable` */
export async function makeModelFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new MillraceError('data_folder_unwritable', `The folder ${folder} cannot be made.`, { cause });
  }
}

/** Writes what a folder with a graph and a tokenizer lacks: the hashes of all its files, and last its manifest. */
export async function finishModelFolder(folder: string, manifest: object): Promise<void> {
  const text = JSON.stringify(manifest);
  const checksums: ModelChecksums = {
    [graphFileName]: await hashFile(path.join(folder, graphFileName)),
    [tokenizerFileName]: await hashFile(path.join(folder, tokenizerFileName)),
    [manifestFileName]: createHash('sha256').update(text).digest('hex'),
  };
  await writeWhole(path.join(folder, checksumsFileName), (temporary) =>
    writeFile(temporary, JSON.stringify(checksums)),
  );
  await writeWhole(path.join(folder, manifestFileName), (temporary) => writeFile(temporary, text));
}

/** The file appears under its name when it is whole. */
export async function writeWhole(file: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  await write(temporary);
  await rename(temporary, file);
}
