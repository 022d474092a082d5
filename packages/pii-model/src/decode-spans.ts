import { withoutOverlaps } from '@millrace/pii-detectors/entities';
import type { EntityType } from '@millrace/pii-detectors/types';
import { leastScore, notANumber, type WordSpan } from './network.ts';

export interface SpanShape {
  readonly words: number;
  readonly maxWidth: number;
  readonly types: readonly EntityType[];
}

/** Of spans that overlap the surest stays. @param logits [words, max_width, classes] */
export function decodeSpans(
  logits: Float32Array,
  { words, maxWidth, types }: SpanShape,
): readonly WordSpan[] {
  const found: WordSpan[] = [];
  for (let from = 0; from < words; from += 1)
    for (let width = 0; width < maxWidth && from + width < words; width += 1)
      for (const [index, type] of types.entries()) {
        const score = sigmoid(logits[(from * maxWidth + width) * types.length + index] as number);
        if (score >= leastScore) found.push({ type, from, to: from + width + 1, score });
      }
  return surestOf(found, words);
}

/** @throws MillraceError `engine_failed` for what is no number: it would be below every limit, and so pass for nothing found */
export function sigmoid(logit: number): number {
  if (Number.isNaN(logit)) throw notANumber();
  return 1 / (1 + Math.exp(-logit));
}

export function surestOf(spans: readonly WordSpan[], words: number): readonly WordSpan[] {
  const places = spans.map((span) => ({ ...span, start: span.from, end: span.to }));
  return withoutOverlaps(places, words).map(({ type, start, end, score }) => ({
    type: type as EntityType,
    from: start,
    to: end,
    score,
  }));
}
