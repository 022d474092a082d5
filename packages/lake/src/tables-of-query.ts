import { MillraceError } from '@millrace/runtime';
import { quoted, type DuckDb } from './duckdb.ts';

/** What DuckDB's `json_serialize_sql` says. */
interface Serialized {
  readonly error: boolean;
  readonly error_message?: string;
  readonly statements?: readonly unknown[];
}

/**
 * The names of the tables and views that a query reads.
 *
 * @throws `invalid_value` for what is not one statement, or not one that only reads
 */
export async function tablesOfQuery({ connection }: DuckDb, sql: string): Promise<ReadonlySet<string>> {
  const found = await connection.runAndReadAll(`select json_serialize_sql(${quoted(sql)})`);
  const serialized = JSON.parse(String(found.getRows()[0]?.[0])) as Serialized;
  if (serialized.error) {
    const why = serialized.error_message ?? '';
    const isOther = /only SELECT/iu.test(why);
    throw new MillraceError(
      'invalid_value',
      isOther ? 'A query may only read: it must be a SELECT.' : `The query cannot be read: ${why}`,
    );
  }
  if (serialized.statements?.length !== 1)
    throw new MillraceError(
      'invalid_value',
      `A query is one statement; these are ${serialized.statements?.length ?? 0}.`,
    );
  const names = new Set<string>();
  collect(serialized.statements, names);
  return names;
}

function collect(node: unknown, names: Set<string>): void {
  if (Array.isArray(node)) for (const child of node) collect(child, names);
  else if (typeof node === 'object' && node !== null) {
    const { type, table_name: name } = node as { readonly type?: unknown; readonly table_name?: unknown };
    if (type === 'BASE_TABLE' && typeof name === 'string') names.add(name.toLowerCase());
    for (const child of Object.values(node)) collect(child, names);
  }
}
