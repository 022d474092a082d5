import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MillraceError } from '@millrace/runtime';
import { datasetNames, datasets } from './datasets.ts';
import { openDuckDb, quoted, type DuckDb } from './duckdb.ts';
import { declaredColumns } from './duckdb-types.ts';
import { listLakeFiles, type LakeFile } from './lake-files.ts';
import { readOrigin } from './lake-origin.ts';
import { loadLive } from './load-live.ts';
import type { LiveSources } from './live-sources.ts';
import { liveTables } from './live-tables.ts';
import { readResult, type QueryResult } from './query-result.ts';
import { shippedViews } from './shipped-views.ts';
import { tablesOfQuery } from './tables-of-query.ts';

export interface LakeSessionOptions {
  /** Folder of the lake; it may be empty or not there where `live` is given. */
  readonly folder: string;
  /** Undefined: what was exported alone. */
  readonly live: LiveSources | undefined;
  /** Whose rows alone are there; undefined: those of all that the lake is of. */
  readonly tenant: string | undefined;
  /** What will be asked: only tables that it reads are made ready. */
  readonly queries: readonly string[];
  readonly signal: AbortSignal;
}

/** The day of a moment in UTC; a cast says the same, by way of the calendars of all time zones, which takes ten times as long. */
const utcDay = 'create macro utc_day(moment) as cast(make_timestamp(epoch_us(moment)) as date)';

/** Tables and views over a lake that can be read, and nothing else can. */
export interface LakeSession {
  /** @throws `invalid_value` with what DuckDB says; the signal's reason */
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

/**
 * Makes the tables ready that the queries read, then shuts the door: no other file is read from then on, none written, no setting changed.
 *
 * @throws `part_missing` without DuckDB; `invalid_value` for a query that is not a SELECT; `config_invalid` where there is nothing to read;
 *   `unavailable`, `database_unavailable`
 */
export async function openLakeSession(options: LakeSessionOptions): Promise<LakeSession> {
  const spillFolder = await mkdtemp(path.join(tmpdir(), 'millrace-query-'));
  const duckDb = await openDuckDb().catch(async (error: unknown) => {
    await rm(spillFolder, { recursive: true });
    throw error;
  });
  const close = async (): Promise<void> => {
    duckDb.close();
    await rm(spillFolder, { recursive: true, force: true });
  };
  try {
    const needed = await neededTables(duckDb, options);
    const files = await prepareTables(duckDb, options, needed);
    await duckDb.connection.run(utcDay);
    for (const { name, sql } of shippedViews()) await duckDb.connection.run(`create view ${name} as ${sql}`);
    const allowed = files.map((file) => quoted(file.path)).join(', ');
    for (const setting of [
      `temp_directory = ${quoted(spillFolder)}`,
      `allowed_paths = [${allowed}]`,
      'enable_external_access = false',
      'lock_configuration = true',
    ])
      await duckDb.connection.run(`set ${setting}`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async query(sql) {
      const { signal } = options;
      await tablesOfQuery(duckDb, sql);
      signal.throwIfAborted();
      const interrupt = (): void => duckDb.connection.interrupt();
      signal.addEventListener('abort', interrupt);
      try {
        return await readResult(duckDb, sql);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', interrupt);
      }
    },
    close,
  };
}

/** What the queries read, through the shipped views too. */
async function neededTables(
  duckDb: DuckDb,
  { queries, live }: LakeSessionOptions,
): Promise<ReadonlySet<string>> {
  const views = new Map(shippedViews().map(({ name, sql }) => [name, sql]));
  const needed = new Set<string>();
  for (const query of queries) {
    for (const name of await tablesOfQuery(duckDb, query)) {
      if (live === undefined && liveTables.some((table) => table.name === name))
        throw new MillraceError(
          'config_invalid',
          `${name} is a table of the database, which was not asked for: add --live.`,
        );
      const view = views.get(name);
      for (const each of view === undefined ? [name] : await tablesOfQuery(duckDb, view)) needed.add(each);
    }
  }
  return needed;
}

/** @returns the files of the lake that are read */
async function prepareTables(
  duckDb: DuckDb,
  options: LakeSessionOptions,
  needed: ReadonlySet<string>,
): Promise<readonly LakeFile[]> {
  const { folder, live } = options;
  const files = await Promise.all(datasetNames.map((name) => listLakeFiles(folder, name, 'parquet')));
  if (live === undefined && files.every((each) => each.length === 0))
    throw new MillraceError(
      'config_invalid',
      `There is no Parquet of a lake in ${folder}: export to it first (millrace export --to ${folder}), or add --live.`,
      { param: '--lake' },
    );
  for (const table of liveTables)
    await duckDb.connection.run(`create table ${table.name} (${declaredColumns(table.columns)})`);
  const tenant = options.tenant ?? (await readOrigin(folder))?.tenant ?? undefined;
  const loaded =
    live === undefined
      ? new Set<string>()
      : await loadLive(duckDb, live, { tenant, signal: options.signal }, needed, files);
  const where = tenant === undefined ? '' : ` where tenant = ${quoted(tenant)}`;
  for (const [index, name] of datasetNames.entries()) {
    const { columns } = datasets[name];
    const list = (files[index] ?? []).map((file) => quoted(file.path)).join(', ');
    const parts = [
      ...(list === ''
        ? []
        : [
            `select * from read_parquet([${list}], hive_partitioning = true, hive_types = {day: DATE}, union_by_name = true)`,
          ]),
      ...(loaded.has(name) ? [`select * from ${name}_live`] : []),
    ];
    await duckDb.connection.run(
      parts.length === 0
        ? `create table ${name} (${declaredColumns(columns)}, day DATE)`
        : `create view ${name} as select * from (${parts.join(' union all by name ')})${where}`,
    );
  }
  return files.flat();
}
