import type { DuckDBAppender } from '@duckdb/node-api';
import type { Column, Row } from './column.ts';
import type { DuckDb } from './duckdb.ts';
import { castColumns, chunkTypes, plainCell, plainColumns } from './duckdb-types.ts';

/** Most rows of a chunk: the size of DuckDB's vectors. */
const chunkRows = 2_048;

/** Collects rows in a table of DuckDB, under plain types. */
export interface RowTable {
  readonly rows: number;
  add(row: Row): void;
  /** Hands over what is collected. @returns the `select` with the types that analysts see */
  select(): string;
  /** Empties it. */
  clear(): Promise<void>;
}

/** @param name of the table, which is made here */
export async function createRowTable(
  { module, connection }: DuckDb,
  name: string,
  columns: readonly Column[],
): Promise<RowTable> {
  await connection.run(`create temp table "${name}" (${plainColumns(columns)})`);
  const types = chunkTypes(module, columns);
  let appender: DuckDBAppender = await connection.createAppender(name);
  let waiting: Row[] = [];
  let rows = 0;
  const handOver = (): void => {
    if (waiting.length === 0) return;
    const chunk = module.DuckDBDataChunk.create(types, waiting.length);
    chunk.setColumns(
      columns.map(({ type }, index) => waiting.map((row) => plainCell(type, row[index] ?? null))),
    );
    appender.appendDataChunk(chunk);
    waiting = [];
  };
  return {
    get rows() {
      return rows;
    },
    add(row) {
      waiting.push(row);
      rows += 1;
      if (waiting.length === chunkRows) handOver();
    },
    select() {
      handOver();
      appender.flushSync();
      return `select ${castColumns(columns)} from "${name}"`;
    },
    async clear() {
      appender.closeSync();
      waiting = [];
      rows = 0;
      await connection.run(`truncate "${name}"`);
      appender = await connection.createAppender(name);
    },
  };
}
