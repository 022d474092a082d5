import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { hashFile } from './hash-file.ts';
import { graphFileName, manifestFileName, tokenizerFileName } from './model-manifest.ts';

/** SHA-256 in hex of each file of a converted model, by its name. */
export type ModelChecksums = Readonly<Record<string, string>>;

/** One file of a converted model: what it should be and what it is. */
export interface FileCheck {
  readonly file: string;
  /** Undefined where no hash was recorded: the model was converted before hashes were kept. */
  readonly expectedSha256: string | undefined;
  /** Undefined where there is no such file. */
  readonly actualSha256: string | undefined;
}

export const checksumsFileName = 'checksums.json';
const modelFiles = [graphFileName, tokenizerFileName, manifestFileName];

/**
 * Hashes every file of a converted model again.
 *
 * @throws MillraceError `part_missing` if there is no such folder, `model_invalid` if its `checksums.json` is corrupt
 */
export async function checkModelFolder(folder: string): Promise<readonly FileCheck[]> {
  const missing = (cause?: unknown): MillraceError =>
    new MillraceError('part_missing', `There is no folder ${folder}.`, { cause });
  const facts = await stat(folder).catch((cause: unknown) => {
    throw missing(cause);
  });
  if (!facts.isDirectory()) throw missing();
  const recorded = await readChecksums(path.join(folder, checksumsFileName));
  return await Promise.all(
    modelFiles.map(async (file) => ({
      file,
      expectedSha256: recorded[file],
      actualSha256: await hashIfThere(path.join(folder, file)),
    })),
  );
}

async function readChecksums(file: string): Promise<ModelChecksums> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return {};
    throw new MillraceError('part_missing', `${file} cannot be read.`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.fromEntries(Object.entries(value).map(([name, sha256]) => [name, String(sha256)]));
    }
  } catch (error) {
    throw new MillraceError('model_invalid', `${file} is not JSON.`, { cause: error });
  }
  throw new MillraceError('model_invalid', `${file} does not hold the hashes of a model.`);
}

async function hashIfThere(file: string): Promise<string | undefined> {
  try {
    return await hashFile(file);
  } catch (error) {
    if (error instanceof MillraceError && isMissing(error.cause)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
