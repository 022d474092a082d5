import { datasetNames, datasets } from './datasets.ts';
import type { DatasetName } from './dataset.ts';
import type { DuckDb } from './duckdb.ts';
import { exportedRanges } from './exported-numbers.ts';
import { bookmarkOf, type LakeFile } from './lake-files.ts';
import type { LiveSources } from './live-sources.ts';
import { liveLedger, liveTables, readLive, type LiveTable } from './live-tables.ts';
import { createRowTable, type RowTable } from './row-table.ts';

/**
 * Loads what is newer than the lake: of the streams what stands behind its last message, of the ledger the rows that it lacks; and the
 * tables of the database, as far as they are needed.
 *
 * @param files of each dataset
 * @returns the datasets of which there is a table `<name>_live`
 */
export async function loadLive(
  duckDb: DuckDb,
  live: LiveSources,
  { tenant, signal }: { readonly tenant: string | undefined; readonly signal: AbortSignal },
  needed: ReadonlySet<string>,
  files: readonly (readonly LakeFile[])[],
): Promise<ReadonlySet<string>> {
  const loaded = new Set<string>();
  for (const [index, name] of datasetNames.entries()) {
    if (name === 'billing' || !needed.has(name)) continue;
    await loadStream(duckDb, live, name, bookmarkOf(files[index] ?? []), tenant, signal);
    loaded.add(name);
  }
  const reads: {
    readonly table: LiveTable;
    readonly values?: readonly unknown[];
    readonly rows: RowTable;
  }[] = [];
  for (const table of liveTables)
    if (needed.has(table.name))
      reads.push({ table, rows: await createRowTable(duckDb, `${table.name} rows`, table.columns) });
  if (needed.has('billing')) {
    const ranges = await exportedRanges(
      files[datasetNames.indexOf('billing')] ?? [],
      'parquet',
      'entry_number',
      duckDb,
    );
    // Mostly there is one range, from 1 on: the index then finds what is behind it.
    const through = ranges[0]?.[0] === 1 ? ranges[0][1] : 0;
    const others = ranges.filter(([, last]) => last > through);
    const values = [others.map(([first]) => first), others.map(([, last]) => last), tenant ?? null, through];
    reads.push({
      table: liveLedger,
      values,
      rows: await createRowTable(duckDb, 'billing rows', liveLedger.columns),
    });
    loaded.add('billing');
  }
  if (reads.length === 0) return loaded;
  await readLive(
    live.database,
    reads.map(({ rows, ...read }) => ({ ...read, onRow: (row) => rows.add(row) })),
    signal,
  );
  for (const { table, rows } of reads) {
    const isLedger = table === liveLedger;
    await duckDb.connection.run(
      isLedger
        ? `create table billing_live as select *, cast(charged_at at time zone 'UTC' as date) as day from (${rows.select()})`
        : `insert into ${table.name} ${rows.select()}`,
    );
  }
  return loaded;
}

/** What stands in a stream behind a message. */
async function loadStream(
  duckDb: DuckDb,
  { bus, codec }: LiveSources,
  name: DatasetName,
  bookmark: number,
  tenant: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const dataset = datasets[name];
  const day = { name: 'day', type: 'text', meaning: '' } as const;
  const rows = await createRowTable(duckDb, `${name} rows`, [...dataset.columns, day]);
  for await (const message of bus.read(dataset.stream, dataset.subjectOf(tenant), {
    fromSequence: bookmark + 1,
    signal,
  })) {
    const row = dataset.read(codec, message);
    rows.add([...row.cells, row.day]);
  }
  await duckDb.connection.run(
    `create table ${name}_live as select * replace (cast(day as date) as day) from (${rows.select()})`,
  );
}
