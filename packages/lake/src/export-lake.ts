import path from 'node:path';
import type { Bus } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import { MillraceError, stopInReverse, type Stoppable } from '@millrace/runtime';
import { datasets } from './datasets.ts';
import type { DatasetName } from './dataset.ts';
import { openDuckDb } from './duckdb.ts';
import { durableFiles, type DurableFiles } from './durable-files.ts';
import { exportDataset, type DatasetExport, type ExportOptions } from './export-dataset.ts';
import { lockLake } from './lake-lock.ts';

export interface LakeExportOptions extends Omit<ExportOptions, 'onProgress'> {
  readonly datasets: readonly DatasetName[];
  readonly onProgress?: (dataset: DatasetName) => (share: number) => void;
}

/**
 * Adds what is new in the streams to a lake, table by table. Interrupted at any point and run again, it has each row once.
 *
 * @param dependencies `files` only for tests, which interrupt it there
 * @throws `config_invalid`, `part_missing`, `data_folder_unwritable`, `unavailable`, `message_corrupt`, `schema_unknown`
 */
export async function exportLake(
  {
    bus,
    codec,
    files = durableFiles,
  }: { readonly bus: Bus; readonly codec: Codec; readonly files?: DurableFiles },
  options: LakeExportOptions,
): Promise<readonly DatasetExport[]> {
  const { folder, format } = options;
  const parts: Stoppable[] = [];
  try {
    await makeLake(folder, files);
    parts.push(await lockLake(folder));
    const partial = path.join(folder, '.partial');
    // What an export that was killed has left behind.
    await files.remove(partial);
    await files.makeFolder(partial);
    parts.push({ stop: () => files.remove(partial) });
    const results: DatasetExport[] = [];
    for (const name of options.datasets) {
      const duckDb = format === 'avro' ? undefined : await openDuckDb();
      try {
        const onProgress = options.onProgress?.(name);
        const each = { ...options, ...(onProgress === undefined ? {} : { onProgress }) };
        results.push(
          await exportDataset({ bus, codec, files, duckDb }, datasets[name], each as ExportOptions),
        );
      } finally {
        duckDb?.close();
      }
    }
    return results;
  } finally {
    await stopInReverse(parts);
  }
}

async function makeLake(folder: string, files: DurableFiles): Promise<void> {
  try {
    await files.makeFolder(folder);
  } catch (cause) {
    throw new MillraceError(
      'data_folder_unwritable',
      `${folder} cannot be made: ${(cause as Error).message}.`,
      {
        param: '--to',
        cause,
      },
    );
  }
}
