import { MillraceError } from '@millrace/runtime';
import type { QueryResult, ResultCell } from '../query-result.ts';

export const chartKinds = ['bar', 'line'] as const;

export type ChartKind = (typeof chartKinds)[number];

export interface ChartPoint {
  readonly x: string;
  readonly y: number;
  /** Which bar or line it belongs to; empty where there is one alone. */
  readonly series: string;
}

/** What is drawn, however it is drawn. */
export interface Chart {
  readonly kind: ChartKind;
  readonly title: string;
  /** Names of the axes, and of what tells the series from each other. */
  readonly x: string;
  readonly y: string;
  readonly series: string;
  /** In the order in which they are drawn; each x of a series once. */
  readonly points: readonly ChartPoint[];
}

export interface ChartChoice {
  readonly kind: ChartKind;
  readonly title: string;
  /** Names of columns; by default the first, the last that holds numbers, and what else tells rows of one x from each other. */
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly series?: string | undefined;
}

/**
 * Makes a chart of a result.
 *
 * @throws `invalid_value` for columns that there are not, or that do not tell the rows from each other
 */
export function chartOf({ columns, rows }: QueryResult, choice: ChartChoice): Chart {
  const indexOf = (name: string, option: string): number => {
    const index = columns.findIndex((column) => column.name === name);
    if (index >= 0) return index;
    const names = columns.map((column) => column.name).join(', ');
    throw new MillraceError('invalid_value', `${option} is ${name}: the result has ${names}.`, {
      param: option,
    });
  };
  const x = choice.x === undefined ? 0 : indexOf(choice.x, '--x');
  const y =
    choice.y === undefined
      ? columns.findLastIndex((column, index) => column.isNumber && index !== x)
      : indexOf(choice.y, '--y');
  if (columns[y]?.isNumber !== true)
    throw new MillraceError('invalid_value', 'A chart needs a column of numbers: name one with --y.', {
      param: '--y',
    });
  const series =
    choice.series === undefined
      ? tellingColumns({ columns, rows }, x, y)
      : [indexOf(choice.series, '--series')];
  const points: ChartPoint[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const value = row[y];
    if (value === null || value === undefined) continue;
    const point = {
      x: labelOf(row[x]),
      y: Number(value),
      series: series.map((index) => labelOf(row[index])).join(', '),
    };
    const place = JSON.stringify([point.x, point.series]);
    if (seen.has(place))
      throw new MillraceError(
        'invalid_value',
        `${columns[x]?.name} is ${point.x} in several rows: name the column that tells them from each other with --series, or add them up in the query.`,
        { param: '--series' },
      );
    seen.add(place);
    points.push(point);
  }
  return {
    kind: choice.kind,
    title: choice.title,
    x: columns[x]?.name ?? '',
    y: columns[y]?.name ?? '',
    series: series.map((index) => columns[index]?.name ?? '').join(', '),
    points,
  };
}

/** The columns of text that vary, where one x has several rows. */
function tellingColumns({ columns, rows }: QueryResult, x: number, y: number): readonly number[] {
  if (new Set(rows.map((row) => labelOf(row[x]))).size === rows.length) return [];
  return columns.flatMap((column, index) => {
    if (column.isNumber || index === x || index === y) return [];
    return new Set(rows.map((row) => labelOf(row[index]))).size > 1 ? [index] : [];
  });
}

function labelOf(cell: ResultCell | undefined): string {
  if (cell === null || cell === undefined) return '–';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
