/** Rows of a table whose end is not known: each column has a least width, which longer cells push. */
export function headingOf(columns: readonly (readonly [heading: string, width: number])[]): string {
  return lineOf(
    columns.map(([heading]) => heading),
    columns,
  );
}

export function lineOf(
  cells: readonly unknown[],
  columns: readonly (readonly [heading: string, width: number])[],
): string {
  const padded = cells.map((cell, index) => cellText(cell).padEnd(columns[index]?.[1] ?? 0));
  return `${padded.join('  ').trimEnd()}\n`;
}

/** No line breaks and no control characters of others reach the terminal. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined || cell === '') return '-';
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}
