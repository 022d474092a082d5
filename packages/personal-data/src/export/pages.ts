import { and, asc, getTableColumns, gt, type SQL, type PgColumn, type PgTable } from '@millrace/store/sql';
import { onConnection, type Database } from '@millrace/store';

/** Rows that are in memory at once. */
const pageRows = 100;

/** All rows of a table that match, a page at a time, in the order of a column that is unique among them. @throws `database_unavailable` */
export async function* rowsOf<Table extends PgTable>(
  database: Database,
  table: Table,
  key: PgColumn,
  matches: SQL | undefined,
  most = pageRows,
): AsyncGenerator<Table['$inferSelect'], void, undefined> {
  const field = Object.entries(getTableColumns(table)).find(([, column]) => column === key)?.[0] ?? '';
  for (let last: unknown; ;) {
    const isNext = last === undefined ? undefined : gt(key, last);
    const rows = (await onConnection(database, (connection) =>
      connection
        .select()
        .from(table as PgTable)
        .where(and(matches, isNext))
        .orderBy(asc(key))
        .limit(most),
    )) as Table['$inferSelect'][];
    yield* rows;
    if (rows.length < most) return;
    last = (rows.at(-1) as Readonly<Record<string, unknown>>)[field];
  }
}
