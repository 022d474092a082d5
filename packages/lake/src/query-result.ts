import type { DuckDBType, Json } from '@duckdb/node-api';
import { MillraceError } from '@millrace/runtime';
import type { DuckDb } from './duckdb.ts';

/** What stands in a cell: decimals and what JSON cannot hold exactly as text. */
export type ResultCell = Json;

export interface ResultColumn {
  readonly name: string;
  /** In the words of DuckDB: `DECIMAL(38,10)`. */
  readonly type: string;
  readonly isNumber: boolean;
}

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly ResultCell[])[];
}

/** @throws `invalid_value` with what DuckDB says */
export async function readResult({ module, connection }: DuckDb, sql: string): Promise<QueryResult> {
  const { DuckDBTypeId: Id } = module;
  const whole = new Set([Id.BIGINT, Id.HUGEINT, Id.UBIGINT, Id.UHUGEINT]);
  const small = [Id.TINYINT, Id.SMALLINT, Id.INTEGER, Id.UTINYINT, Id.USMALLINT, Id.UINTEGER];
  const numbers = new Set([...whole, ...small, Id.FLOAT, Id.DOUBLE, Id.DECIMAL]);
  try {
    const reader = await connection.runAndReadAll(sql);
    const types: readonly DuckDBType[] = reader.columnTypes();
    return {
      columns: reader.columnNames().map((name, index) => {
        const type = types[index];
        return { name, type: String(type), isNumber: type !== undefined && numbers.has(type.typeId) };
      }),
      rows: reader.getRowsJson().map((row) =>
        row.map((cell, index) => {
          const type = types[index];
          if (typeof cell !== 'string' || type === undefined || !whole.has(type.typeId)) return cell;
          const number = Number(cell);
          return Number.isSafeInteger(number) ? number : cell;
        }),
      ),
    };
  } catch (cause) {
    throw new MillraceError('invalid_value', `The query failed: ${(cause as Error).message}`, { cause });
  }
}
