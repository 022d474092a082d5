import type { Decision } from '@millrace/contracts';

/** What a column holds. Each format has a type of its own for it: see `duckdb-types.ts` and `avro-file.ts`. */
export type ColumnType =
  | 'text'
  | 'texts'
  | 'uuid'
  | 'boolean'
  | 'integer'
  | 'long'
  | 'double'
  /** A decimal string with ten digits behind the point. */
  | 'money'
  /** Milliseconds since the epoch. */
  | 'moment'
  /** The decisions of a request. */
  | 'trail';

/** What stands in a column, before any format. */
export type Cell = string | number | boolean | null | readonly string[] | readonly Decision[];

/** The cells of a row, in the order of the columns. */
export type Row = readonly Cell[];

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** One sentence for analysts. */
  readonly meaning: string;
}

/** A column, and what of a source stands in it. */
export interface SourcedColumn<Source> extends Column {
  readonly of: (source: Source) => Cell;
}

/** Makes a column. */
export function column<Source>(
  name: string,
  type: ColumnType,
  meaning: string,
  of: (source: Source) => Cell,
): SourcedColumn<Source> {
  return { name, type, meaning, of };
}
