import type { Entity } from './entity.ts';
import { withoutOverlaps } from './without-overlaps.ts';

/**
 * What was found by form, and the names that a model found beside it. What has a form, an address of a street included, is surer than
 * what a model says of it.
 *
 * @param formed found by form, or by patterns of one's own
 * @param minScore what the model is less sure of does not count
 */
export function withClassified(
  text: string,
  formed: readonly Entity[],
  classified: readonly Entity[],
  minScore: number,
): readonly Entity[] {
  const taken = new Uint8Array(text.length);
  for (const { start, end } of formed) taken.fill(1, start, end);
  const free = classified.filter(
    ({ start, end, score }) => score >= minScore && !taken.subarray(start, end).includes(1),
  );
  return withoutOverlaps([...formed, ...free], text.length);
}
