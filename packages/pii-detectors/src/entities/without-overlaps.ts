import type { Entity } from './entity.ts';

/**
 * Of findings that overlap the surest counts; of equally sure ones the longest, then the one that stands first in the list. The place within an
 * address of a street gives way to the address, however sure it is. In order of their places.
 */
export function withoutOverlaps(found: readonly Entity[], length: number): Entity[] {
  if (found.length < 2) return [...found];
  const isWithinAddress = placesOfAddresses(found, length);
  const surestFirst = found
    .map((entity, rank) => ({ entity, rank, isLast: isWithinAddress(entity) }))
    .toSorted(
      (a, b) =>
        Number(a.isLast) - Number(b.isLast) ||
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

/** Tells of a finding whether it is a place that overlaps with an address of a street. */
function placesOfAddresses(found: readonly Entity[], length: number): (entity: Entity) => boolean {
  const addresses = found.filter(({ type }) => type === 'STREET_ADDRESS');
  if (addresses.length === 0) return () => false;
  const covered = new Uint8Array(length);
  for (const { start, end } of addresses) covered.fill(1, start, end);
  return ({ type, start, end }) => type === 'LOCATION' && covered.subarray(start, end).includes(1);
}
