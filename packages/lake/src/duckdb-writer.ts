import type { Column, ColumnType } from './column.ts';
import { quoted, type DuckDb } from './duckdb.ts';
import type { LakeFormat, PartWriter } from './part-writer.ts';
import { createRowTable } from './row-table.ts';

/** Moments as RFC 3339, in UTC, where they are text. */
const momentFormat = '%Y-%m-%dT%H:%M:%S.%gZ';

const options: Readonly<Record<Exclude<LakeFormat, 'avro'>, string>> = {
  parquet: 'format parquet, compression zstd',
  csv: `format csv, header true, timestampformat '${momentFormat}'`,
  jsonl: `format json, timestampformat '${momentFormat}'`,
};

/** CSV has no lists: they are JSON there. JSON has no decimals: they are text there, so that no reader makes floats of them. */
const rewritten: Readonly<
  Record<Exclude<LakeFormat, 'avro'>, Partial<Record<ColumnType, (name: string) => string>>>
> = {
  parquet: {},
  csv: { texts: (name) => `to_json(${name})`, trail: (name) => `to_json(${trailOfText(name)})` },
  jsonl: { money: (name) => `cast(${name} as VARCHAR)`, trail: trailOfText },
};

/** Writes Parquet, CSV and JSON Lines. */
export async function createDuckDbWriter(
  duckDb: DuckDb,
  format: Exclude<LakeFormat, 'avro'>,
  name: string,
  columns: readonly Column[],
): Promise<PartWriter> {
  const table = await createRowTable(duckDb, `part of ${name}`, columns);
  const selected = columns
    .map(
      (each) => `${rewritten[format][each.type]?.(`"${each.name}"`) ?? `"${each.name}"`} as "${each.name}"`,
    )
    .join(', ');
  return {
    get rows() {
      return table.rows;
    },
    add: (row) => table.add(row),
    async write(file) {
      const rows = `select ${selected} from (${table.select()})`;
      await duckDb.connection.run(
        `copy (${rows}) to ${quoted(file)} (${options[format]}, use_tmp_file false)`,
      );
      await table.clear();
    },
  };
}

function trailOfText(name: string): string {
  return `list_transform(${name}, lambda decision: struct_pack(stage := decision.stage, "at" := strftime(decision."at", '${momentFormat}'), outcome := decision.outcome, code := decision.code, facts := decision.facts))`;
}
