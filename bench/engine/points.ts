/** What is measured: where on the way from a single stream to a full engine the two are compared. */
export const batchSizes = [1, 8, 16] as const;

export type Point =
  /** Tokens per second of all sequences together. */
  | { readonly kind: 'decode'; readonly batch: (typeof batchSizes)[number] }
  /** Tokens per second of one prompt of 512 tokens. */
  | { readonly kind: 'prefill' }
  /** Milliseconds to the first token of a short prompt that comes while a prompt of 4,000 tokens is prefilled. */
  | { readonly kind: 'first token' };

export const points: readonly Point[] = [
  ...batchSizes.map((batch) => ({ kind: 'decode', batch }) as const),
  { kind: 'prefill' },
  { kind: 'first token' },
];

/** Its name in the table. */
export function nameOf(point: Point): string {
  switch (point.kind) {
    case 'decode':
      return `decode, batch ${point.batch} (tokens/s)`;
    case 'prefill':
      return 'prefill of 512 (tokens/s)';
    case 'first token':
      return 'first token under load (ms)';
  }
}

/** How much better a figure is than another: above 1 where `ours` is better. */
export function ratioOf(point: Point, ours: number, theirs: number): number {
  return point.kind === 'first token' ? theirs / ours : ours / theirs;
}

/** Sequences that a point needs at once, and the tokens that each of them must have room for. */
export function roomFor(point: Point): { readonly sequences: number; readonly contextLength: number } {
  switch (point.kind) {
    case 'decode':
      return { sequences: point.batch, contextLength: 1_024 };
    case 'prefill':
      return { sequences: 1, contextLength: 1_024 };
    case 'first token':
      return { sequences: 2, contextLength: 4_608 };
  }
}
