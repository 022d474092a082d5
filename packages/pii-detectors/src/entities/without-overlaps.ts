import type { Entity } from './entity.ts';

/** Of findings that overlap the surest counts; of equally sure ones the longest, then the one that stands first in the list. In order of their places. */
export function withoutOverlaps(found: readonly Entity[], length: number): Entity[] {
  if (found.length < 2) return [...found];
  const surestFirst = found
    .map((entity, rank) => ({ entity, rank }))
    .toSorted(
      (a, b) =>
        b.entity.score - a.entity.score ||
        b.entity.end - b.entity.start - (a.entity.end - a.entity.start) ||
        a.rank - b.rank,
    );
  const taken = new Uint8Array(length);
  const kept: Entity[] = [];
  for (const { entity } of surestFirst) {
    const at = taken.subarray(entity.start, entity.end);
    // What is taken is masked once only: each character is looked at by as many recognizers as there are, at most.
    if (at.includes(1)) continue;
    at.fill(1);
    kept.push(entity);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}
