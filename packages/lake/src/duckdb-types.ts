import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { Cell, Column, ColumnType } from './column.ts';
import type { DuckDbModule } from './duckdb.ts';

/** How cells of a type come into DuckDB: as something plain, which SQL then casts, many at once. */
interface Loading {
  readonly plain: 'VARCHAR' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN';
  /** The type that analysts see. */
  readonly type: string;
  /** From the plain column to that type. */
  readonly cast: (name: string) => string;
  readonly toPlain: (cell: Cell) => DuckDBValue;
}

const trailType =
  'STRUCT(stage VARCHAR, "at" TIMESTAMPTZ, outcome VARCHAR, code VARCHAR, facts MAP(VARCHAR, VARCHAR))[]';
const trailJson = `'[{"stage":"VARCHAR","at":"BIGINT","outcome":"VARCHAR","code":"VARCHAR","facts":"MAP(VARCHAR, VARCHAR)"}]'`;

const asIs = (cell: Cell): DuckDBValue => cell as DuckDBValue;
const whole = (cell: Cell): DuckDBValue => (cell === null ? null : BigInt(cell as number));
const json = (cell: Cell): DuckDBValue => (cell === null ? null : JSON.stringify(cell));
const castTo = (type: string) => (name: string) => `cast(${name} as ${type})`;

const loadings: Readonly<Record<ColumnType, Loading>> = {
  text: { plain: 'VARCHAR', type: 'VARCHAR', cast: (name) => name, toPlain: asIs },
  texts: {
    plain: 'VARCHAR',
    type: 'VARCHAR[]',
    cast: (name) => `from_json(${name}, '["VARCHAR"]')`,
    toPlain: json,
  },
  uuid: { plain: 'VARCHAR', type: 'UUID', cast: castTo('UUID'), toPlain: asIs },
  boolean: { plain: 'BOOLEAN', type: 'BOOLEAN', cast: (name) => name, toPlain: asIs },
  integer: { plain: 'BIGINT', type: 'INTEGER', cast: castTo('INTEGER'), toPlain: whole },
  long: { plain: 'BIGINT', type: 'BIGINT', cast: (name) => name, toPlain: whole },
  double: { plain: 'DOUBLE', type: 'DOUBLE', cast: (name) => name, toPlain: asIs },
  money: { plain: 'VARCHAR', type: 'DECIMAL(20, 10)', cast: castTo('DECIMAL(20, 10)'), toPlain: asIs },
  moment: {
    plain: 'BIGINT',
    type: 'TIMESTAMPTZ',
    cast: (name) => `make_timestamptz(${name} * 1000)`,
    toPlain: whole,
  },
  trail: {
    plain: 'VARCHAR',
    type: trailType,
    cast: (name) =>
      `list_transform(from_json(${name}, ${trailJson}), lambda decision: struct_pack(stage := decision.stage, "at" := make_timestamptz(decision."at" * 1000), outcome := decision.outcome, code := decision.code, facts := decision.facts))`,
    toPlain: json,
  },
};

/** The columns of a table as `create table` takes them, with the types that analysts see. */
export function declaredColumns(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `"${name}" ${loadings[type].type}`).join(', ');
}

/** The same with the types that cells are loaded as. */
export function plainColumns(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `"${name}" ${loadings[type].plain}`).join(', ');
}

/** What a `select` says to have the columns in the types that analysts see. */
export function castColumns(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${loadings[type].cast(`"${name}"`)} as "${name}"`).join(', ');
}

/** The types of a chunk of plain columns. */
export function chunkTypes(
  { VARCHAR, BIGINT, DOUBLE, BOOLEAN }: DuckDbModule,
  columns: readonly Column[],
): DuckDBType[] {
  const types = { VARCHAR, BIGINT, DOUBLE, BOOLEAN };
  return columns.map(({ type }) => types[loadings[type].plain]);
}

export function plainCell(type: ColumnType, cell: Cell): DuckDBValue {
  return loadings[type].toPlain(cell);
}
