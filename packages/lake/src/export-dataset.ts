import path from 'node:path';
import type { Bus, StoredMessage } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { Dataset, DatasetName, DatasetRow } from './dataset.ts';
import type { DuckDb } from './duckdb.ts';
import type { DurableFiles } from './durable-files.ts';
import { exportedNumbers } from './exported-numbers.ts';
import { bookmarkOf, lakePath, listLakeFiles, type LakeFile } from './lake-files.ts';
import { holdToOrigin } from './lake-origin.ts';
import { createPartWriter, type LakeFormat } from './part-writer.ts';

export interface ExportDependencies {
  readonly bus: Bus;
  readonly codec: Codec;
  readonly files: DurableFiles;
  /** Undefined for Avro, which needs none. */
  readonly duckDb: DuckDb | undefined;
}

export interface ExportOptions {
  readonly folder: string;
  readonly format: LakeFormat;
  /** Undefined: all. */
  readonly tenant: string | undefined;
  /** Most rows of a file. */
  readonly rowsPerFile: number;
  /** Whether messages that cannot be decoded are left out; otherwise the first ends the export in front of it. */
  readonly skipUnreadable: boolean;
  readonly signal: AbortSignal;
  /** Told of each share of the messages that are through, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** What an export of a table has added to the lake. */
export interface DatasetExport {
  readonly dataset: DatasetName;
  readonly rows: number;
  readonly files: readonly string[];
  /** Rows that the stream had twice. */
  readonly repeated: number;
  /** Sequences of messages that could not be decoded. */
  readonly unreadable: readonly number[];
  /** The last message of the stream that is in the lake; 0: none is. */
  readonly bookmark: number;
  /** Messages that went out of the stream before they were exported, of whatever tenant; null: none did. */
  readonly gap: { readonly first: number; readonly last: number } | null;
  /** The first message of the stream when the lake was begun, where those before it were gone already. */
  readonly beginsAt: number | null;
}

/**
 * Adds what is new in a stream to the lake: from behind the last file to what is stored when it begins. Each file is written aside,
 * synced and renamed before the next is begun, so that whatever ends the export, the files in place are whole and the next export
 * goes on behind them.
 *
 * @throws `config_invalid`, `unavailable`; `message_corrupt` or `schema_unknown` naming the message; the signal's reason
 */
export async function exportDataset(
  dependencies: ExportDependencies,
  dataset: Dataset,
  options: ExportOptions,
): Promise<DatasetExport> {
  const { bus, files } = dependencies;
  const { folder, format, tenant, rowsPerFile, signal } = options;
  const present = await listLakeFiles(folder, dataset.name, format);
  const bookmark = bookmarkOf(present);
  const { firstSequence, lastSequence, createdAt } = await bus.streamState(dataset.stream);
  await holdToOrigin(folder, files, { dataset: dataset.name, tenant, createdAt });
  const numbers =
    dataset.number === undefined
      ? undefined
      : await exportedNumbers(present, format, dataset.number, dependencies.duckDb);
  const writer = await createPartWriter(format, dataset.name, dataset.columns, dependencies.duckDb);
  const partial = path.join(folder, '.partial', `${dataset.name}.${format}`);
  const made: string[] = [];
  const unreadable: number[] = [];
  let [rows, repeated, last] = [0, 0, bookmark];
  let part: Omit<LakeFile, 'path'> | undefined;

  const finishPart = async (): Promise<void> => {
    if (part === undefined) return;
    const file = lakePath(folder, dataset.name, format, part);
    await writer.write(partial);
    await files.sync(partial);
    await files.makeFolder(path.dirname(file));
    await files.rename(partial, file);
    for (const place of [path.dirname(file), path.dirname(path.dirname(file)), folder])
      await files.sync(place);
    made.push(file);
    last = part.last;
    part = undefined;
  };

  for await (const message of bus.read(dataset.stream, dataset.subjectOf(tenant), {
    fromSequence: bookmark + 1,
    signal,
  })) {
    signal.throwIfAborted();
    let row: DatasetRow | undefined;
    try {
      row = readRow(dependencies.codec, dataset, message, options);
    } catch (error) {
      await finishPart();
      throw error;
    }
    if (row === undefined) {
      unreadable.push(message.sequence);
      continue;
    }
    if (row.number !== undefined && numbers?.has(row.number) === true) {
      repeated += 1;
      continue;
    }
    if (part !== undefined && (part.day !== row.day || writer.rows >= rowsPerFile)) {
      await finishPart();
      options.onProgress?.((last - bookmark) / (lastSequence - bookmark));
    }
    writer.add(row.cells);
    if (row.number !== undefined) numbers?.add(row.number);
    part = { day: row.day, first: part?.first ?? message.sequence, last: message.sequence };
    rows += 1;
  }
  await finishPart();
  options.onProgress?.(1);
  const isLate = firstSequence > bookmark + 1;
  return {
    dataset: dataset.name,
    rows,
    files: made,
    repeated,
    unreadable,
    bookmark: last,
    gap: isLate && bookmark > 0 ? { first: bookmark + 1, last: firstSequence - 1 } : null,
    beginsAt: isLate && bookmark === 0 && lastSequence > 0 ? firstSequence : null,
  };
}

/** @returns undefined for one that is to be skipped */
function readRow(
  codec: Codec,
  dataset: Dataset,
  message: StoredMessage,
  { skipUnreadable }: ExportOptions,
): DatasetRow | undefined {
  try {
    return dataset.read(codec, message);
  } catch (error) {
    const { code, message: why } = MillraceError.from(error);
    if (code !== 'message_corrupt' && code !== 'schema_unknown') throw error;
    if (skipUnreadable) return undefined;
    throw new MillraceError(
      code,
      `Message ${message.sequence} of ${dataset.stream} cannot be exported: ${why} What stands before it is exported; --skip-unreadable leaves such messages out.`,
      { cause: error },
    );
  }
}
