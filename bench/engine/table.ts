import { batchSizes } from './points.ts';
import type { Figures, Report } from './report.ts';

/** The report as a table of Markdown: a row for each engine, and the ratios below. */
export function makeTable({ ours, peers, ratio, ratio_native: ratioNative }: Report): string {
  const header = [
    '',
    ...batchSizes.map((batch) => `decode ${batch}, tokens/s`),
    'prefill 512, tokens/s',
    'first token under load, ms',
  ];
  const rows = [
    header,
    header.map(() => '---'),
    row('Millrace Q4_1', ours, 0),
    ...Object.entries(peers).map(([name, figures]) => row(name, figures, 0)),
    row('Millrace / best of node-llama-cpp', ratio, 2),
    ...(ratioNative === null ? [] : [row('Millrace / best of llama.cpp Q4_1 and Q8_0', ratioNative, 2)]),
  ];
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`)
    .join('');
}

function row(name: string, figures: Figures, digits: number): string[] {
  const values = [
    ...batchSizes.map((batch) => figures.decode[String(batch)]),
    figures.prefill512,
    figures.ttft_under_load,
  ];
  return [name, ...values.map((value) => value?.toFixed(digits) ?? '–')];
}
