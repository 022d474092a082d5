import avro from 'avsc';
import { quoted, type DuckDb } from './duckdb.ts';
import type { LakeFile } from './lake-files.ts';
import { createNumberRanges, type NumberRanges } from './number-ranges.ts';
import type { LakeFormat } from './part-writer.ts';

const readers: Readonly<Record<Exclude<LakeFormat, 'avro'>, (files: string, column: string) => string>> = {
  parquet: (files) => `read_parquet(${files}, hive_partitioning = false)`,
  csv: (files) => `read_csv(${files}, header = true, all_varchar = true, hive_partitioning = false)`,
  jsonl: (files, column) =>
    `read_json(${files}, format = 'newline_delimited', columns = {${column}: 'BIGINT'}, hive_partitioning = false)`,
};

/** The numbers of the rows that are in these files already: the stream may have a row again. */
export async function exportedNumbers(
  files: readonly LakeFile[],
  format: LakeFormat,
  column: string,
  duckDb: DuckDb | undefined,
): Promise<NumberRanges> {
  if (format === 'avro') return await fromAvro(files, column);
  if (duckDb === undefined) throw new TypeError(`A file of ${format} is read by DuckDB.`);
  return createNumberRanges(await exportedRanges(files, format, column, duckDb));
}

/** The same as ranges in rising order: first and last of each. */
export async function exportedRanges(
  files: readonly LakeFile[],
  format: Exclude<LakeFormat, 'avro'>,
  column: string,
  duckDb: DuckDb,
): Promise<readonly (readonly [number, number])[]> {
  if (files.length === 0) return [];
  const list = `[${files.map((file) => quoted(file.path)).join(', ')}]`;
  const found = await duckDb.connection.runAndReadAll(`
    with numbers as (select cast("${column}" as BIGINT) as number from ${readers[format](list, column)}),
    ranked as (select number, number - row_number() over (order by number) as run from numbers)
    select min(number), max(number) from ranked group by run order by 1`);
  return found.getRows().map(([first, last]) => [Number(first), Number(last)]);
}

async function fromAvro(files: readonly LakeFile[], column: string): Promise<NumberRanges> {
  const numbers = createNumberRanges();
  for (const file of files) {
    const records: AsyncIterable<Readonly<Record<string, unknown>>> = avro.createFileDecoder(file.path);
    for await (const record of records) numbers.add(Number(record[column]));
  }
  return numbers;
}
