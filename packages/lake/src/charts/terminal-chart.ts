import type { Chart, ChartPoint } from './chart.ts';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const symbols = ['●', '○', '■', '□', '▲', '△', '◆', '◇'];
const plotRows = 14;
const mostLabel = 36;
const leastWidth = 20;

/** Draws a chart with characters. @param width of the terminal, in columns */
export function drawInTerminal(chart: Chart, width: number): string {
  if (chart.points.length === 0) return 'There is nothing to draw.\n';
  const heading = chart.title === '' ? '' : `${chart.title}\n`;
  return `${heading}${chart.kind === 'bar' ? drawBars(chart, width) : drawLines(chart, width)}`;
}

/** A line for each bar; below zero they are of hatching. */
function drawBars({ points, y }: Chart, width: number): string {
  const labels = points.map(({ x, series }) => shorten(series === '' ? x : `${x}  ${series}`));
  const values = points.map((point) => numberText(point.y));
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const valueWidth = Math.max(...values.map((value) => value.length));
  const room = Math.max(leastWidth, width - labelWidth - valueWidth - 4);
  const most = Math.max(...points.map((point) => Math.abs(point.y)), Number.MIN_VALUE);
  const lines = points.map((point, index) => {
    const bar = barOf((Math.abs(point.y) / most) * room, point.y < 0);
    return `${(labels[index] ?? '').padEnd(labelWidth)}  ${(values[index] ?? '').padStart(valueWidth)}  ${bar}`.trimEnd();
  });
  return `${y}\n${lines.join('\n')}\n`;
}

function barOf(length: number, isNegative: boolean): string {
  if (isNegative) return '░'.repeat(Math.max(1, Math.round(length)));
  const whole = Math.floor(length);
  return '█'.repeat(whole) + (eighths[Math.floor((length - whole) * 8)] ?? '');
}

/** A grid in which each series has a symbol; the x are spread in their order. */
function drawLines({ points, x, y }: Chart, width: number): string {
  const xs = [...new Set(points.map((point) => point.x))];
  const names = [...new Set(points.map((point) => point.series))];
  const low = Math.min(0, ...points.map((point) => point.y));
  const high = Math.max(...points.map((point) => point.y), low + Number.MIN_VALUE);
  const scale = [high, (high + low) / 2, low].map(numberText);
  const scaleWidth = Math.max(...scale.map((text) => text.length));
  const columns = Math.max(leastWidth, width - scaleWidth - 3);
  const grid = Array.from({ length: plotRows }, () => Array.from({ length: columns }, () => ' '));
  const place = (point: ChartPoint): readonly [number, number] => [
    plotRows - 1 - Math.round(((point.y - low) / (high - low)) * (plotRows - 1)),
    xs.length === 1 ? 0 : Math.round((xs.indexOf(point.x) / (xs.length - 1)) * (columns - 1)),
  ];
  for (const [index, name] of names.entries()) {
    for (const point of points) {
      if (point.series !== name) continue;
      const [row, column] = place(point);
      const cells = grid[row];
      if (cells !== undefined) cells[column] = symbols[index % symbols.length] ?? '●';
    }
  }
  const marks: Readonly<Record<number, string>> = {
    0: scale[0] ?? '',
    [Math.floor(plotRows / 2)]: scale[1] ?? '',
    [plotRows - 1]: scale[2] ?? '',
  };
  const lines = grid.map((cells, row) =>
    `${(marks[row] ?? '').padStart(scaleWidth)} ┤${cells.join('')}`.trimEnd(),
  );
  const [first = '', last = ''] = [xs[0], xs.at(-1)];
  const axis = `${' '.repeat(scaleWidth)} └${'─'.repeat(columns)}`;
  const ends = `${' '.repeat(scaleWidth + 2)}${first}${last === first ? '' : last.padStart(columns - first.length)}`;
  const legend =
    names.length === 1 ? [] : names.map((name, index) => `${symbols[index % symbols.length]} ${name}`);
  return `${[`${y} by ${x}`, ...lines, axis, ends, ...legend].join('\n')}\n`;
}

function shorten(label: string): string {
  return label.length > mostLabel ? `${label.slice(0, mostLabel - 1)}…` : label;
}

/** At most six digits that matter. */
function numberText(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en', { maximumFractionDigits: 10 });
}
