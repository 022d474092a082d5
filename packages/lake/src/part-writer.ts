import { createAvroWriter } from './avro-writer.ts';
import type { Column, Row } from './column.ts';
import type { DuckDb } from './duckdb.ts';
import { createDuckDbWriter } from './duckdb-writer.ts';

export const lakeFormats = ['parquet', 'avro', 'csv', 'jsonl'] as const;

export type LakeFormat = (typeof lakeFormats)[number];

/** Collects the rows of a file. */
export interface PartWriter {
  readonly rows: number;
  add(row: Row): void;
  /** Writes them to a file that is not there yet, and begins anew. */
  write(file: string): Promise<void>;
}

/** @param duckDb undefined for Avro, which needs none */
export async function createPartWriter(
  format: LakeFormat,
  name: string,
  columns: readonly Column[],
  duckDb: DuckDb | undefined,
): Promise<PartWriter> {
  if (format === 'avro') return createAvroWriter(name, columns);
  if (duckDb === undefined) throw new TypeError(`A file of ${format} is written by DuckDB.`);
  return await createDuckDbWriter(duckDb, format, name, columns);
}
