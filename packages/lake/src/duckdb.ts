import type * as DuckDbApi from '@duckdb/node-api';
import { MillraceError } from '@millrace/runtime';

export type DuckDbModule = typeof DuckDbApi;

/** A DuckDB in memory, for as long as a command takes. */
export interface DuckDb {
  readonly module: DuckDbModule;
  readonly connection: DuckDbApi.DuckDBConnection;
  close(): void;
}

/**
 * Opens a DuckDB in memory. The library is loaded here and nowhere else: it weighs 70 MB on the disk, and has no binary for some platforms.
 *
 * @param load only for tests, which have it fail
 * @throws `part_missing` where there is no DuckDB for this platform
 */
export async function openDuckDb(load = () => import('@duckdb/node-api')): Promise<DuckDb> {
  const module = await loaded(load);
  const instance = await module.DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("set timezone = 'UTC'");
  return {
    module,
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function loaded(load: () => Promise<DuckDbModule>): Promise<DuckDbModule> {
  try {
    return await load();
  } catch (cause) {
    throw new MillraceError(
      'part_missing',
      `There is no DuckDB for ${process.platform} on ${process.arch} here: npm install fetches @duckdb/node-api and its binary (70 MB) unless optional packages are left out. Without it, export writes Avro alone.`,
      { cause },
    );
  }
}

/** A text as it stands in SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
