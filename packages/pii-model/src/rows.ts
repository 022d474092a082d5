import type { GraphInput } from './graph.ts';

/** Rows of different lengths as one tensor, filled up with a number behind their end. */
export function padded(rows: readonly (readonly number[])[], width: number, filler: number): GraphInput {
  const values = new Int32Array(rows.length * width).fill(filler);
  for (const [row, numbers] of rows.entries()) values.set(numbers, row * width);
  return { type: 'int64', shape: [rows.length, width], values };
}

export function longestOf(rows: readonly { readonly length: number }[]): number {
  return rows.reduce((longest, { length }) => Math.max(longest, length), 0);
}
