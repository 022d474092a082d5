import type { EntityType } from '@millrace/pii-detectors/types';
import { sigmoid, surestOf } from './decode-spans.ts';
import { leastScore, type WordSpan } from './network.ts';

/** [batch, words, classes, 3], or [3, batch, words, classes] as exports of before 2025 have it; the 3 are start, end and inside. */
export type TokenLayout = 'classes first' | 'scores first';

export interface TokenShape {
  readonly layout: TokenLayout;
  readonly batch: number;
  readonly row: number;
  /** Words of the longest row. */
  readonly width: number;
  /** Words of this row. */
  readonly words: number;
  readonly types: readonly EntityType[];
}

/** A name begins, ends and goes on without a gap; it is as sure as the least sure of these. */
export function decodeTokens(
  logits: Float32Array,
  { layout, batch, row, width, words, types }: TokenShape,
): readonly WordSpan[] {
  const scoreOf = (kind: 0 | 1 | 2, word: number, index: number): number => {
    const at = (row * width + word) * types.length + index;
    return sigmoid(
      logits[layout === 'classes first' ? at * 3 + kind : kind * batch * width * types.length + at] as number,
    );
  };
  const found: WordSpan[] = [];
  for (const [index, type] of types.entries())
    for (let from = 0; from < words; from += 1) {
      let score = scoreOf(0, from, index);
      if (score < leastScore) continue;
      for (let last = from; last < words; last += 1) {
        score = Math.min(score, scoreOf(2, last, index));
        if (score < leastScore) break;
        const whole = Math.min(score, scoreOf(1, last, index));
        if (whole >= leastScore) found.push({ type, from, to: last + 1, score: whole });
      }
    }
  return surestOf(found, words);
}
