import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import type { DatasetName } from './dataset.ts';
import type { DurableFiles } from './durable-files.ts';

/** What a lake is an export of: later exports have to be of the same. */
export interface LakeOrigin {
  readonly version: 1;
  /** Null: all. */
  readonly tenant: string | null;
  /** When the streams were made, in milliseconds since the epoch. */
  readonly streams: Readonly<Partial<Record<DatasetName, number>>>;
}

const name = '_lake.json';

/** Undefined where nothing was exported to it yet. @throws `config_invalid` */
export async function readOrigin(folder: string): Promise<LakeOrigin | undefined> {
  const file = path.join(folder, name);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  let origin: Partial<LakeOrigin>;
  try {
    origin = JSON.parse(text) as Partial<LakeOrigin>;
  } catch (cause) {
    throw new MillraceError('config_invalid', `${file} is not JSON.`, { cause });
  }
  if (origin.version !== 1 || origin.streams === undefined || origin.tenant === undefined)
    throw new MillraceError(
      'config_invalid',
      `${file} is not of a lake that this version of Millrace knows.`,
    );
  return { version: 1, tenant: origin.tenant, streams: origin.streams };
}

/**
 * Holds a stream to that of earlier exports, and notes it at the first.
 *
 * @throws `config_invalid` where the lake is that of another tenant, or of a stream that is no more
 */
export async function holdToOrigin(
  folder: string,
  files: DurableFiles,
  {
    dataset,
    tenant,
    createdAt,
  }: { readonly dataset: DatasetName; readonly tenant: string | undefined; readonly createdAt: number },
): Promise<void> {
  const file = path.join(folder, name);
  const before = await readOrigin(folder);
  if (before !== undefined && before.tenant !== (tenant ?? null)) {
    const [had, has] = [before.tenant ?? 'all tenants', tenant ?? 'all tenants'];
    throw new MillraceError(
      'config_invalid',
      `${folder} is an export of ${had}, not of ${has}: name another folder.`,
      { param: '--to' },
    );
  }
  const known = before?.streams[dataset];
  if (known === createdAt) return;
  if (known !== undefined)
    throw new MillraceError(
      'config_invalid',
      `${folder} has ${dataset} of a stream that was made at ${new Date(known).toISOString()}; this one was made at ${new Date(createdAt).toISOString()}, and its sequences are others. Name another folder; or, if it is the same stream restored from a backup, correct ${file}.`,
      { param: '--to' },
    );
  const origin: LakeOrigin = {
    version: 1,
    tenant: tenant ?? null,
    streams: { ...before?.streams, [dataset]: createdAt },
  };
  await writeFile(`${file}.partial`, `${JSON.stringify(origin)}\n`);
  await files.sync(`${file}.partial`);
  await files.rename(`${file}.partial`, file);
  await files.sync(folder);
}
