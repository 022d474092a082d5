import type { QueryResult, ResultCell } from '@millrace/lake';
import { shorten } from '@millrace/runtime';

/** Of a cell in a table; CSV and JSON have all of it. */
const mostCharacters = 100;

/** A cell as a person reads it: what is nested as JSON, nothing where there is nothing. */
export function shownCell(cell: ResultCell): string {
  if (cell === null) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

/** Aligned columns: numbers to the right. @param limit most rows that are shown */
export function formatTable({ columns, rows }: QueryResult, limit: number): string {
  const shown = rows
    .slice(0, limit)
    .map((row) => row.map((cell) => shorten(shownCell(cell).replaceAll(/\s+/gu, ' '), mostCharacters)));
  const widths = columns.map(({ name }, index) =>
    Math.max(name.length, ...shown.map((row) => row[index]?.length ?? 0)),
  );
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]?.isNumber === true
          ? cell.padStart(widths[index] ?? 0)
          : cell.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const lines = [
    lineOf(columns.map(({ name }) => name)),
    lineOf(widths.map((width) => '─'.repeat(width))),
    ...shown.map(lineOf),
  ];
  const rest = rows.length - shown.length;
  if (rest > 0)
    lines.push(`… and ${rest} more: --limit ${rows.length} shows all, --csv and --json have all.`);
  return `${lines.join('\n')}\n`;
}

/** RFC 4180, with line feeds alone. */
export function formatCsv({ columns, rows }: QueryResult): string {
  return [columns.map(({ name }) => name), ...rows.map((row) => row.map(shownCell))].map(csvLine).join('');
}

const csvLine = (cells: readonly string[]): string => `${cells.map(csvField).join(',')}\n`;

function csvField(text: string): string {
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
