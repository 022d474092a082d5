import { nameTypes, type Entity } from './entity.ts';
import { withoutOverlaps } from './without-overlaps.ts';

/**
 * What was found by form, with the names that a model found in the place of those that rules found. What has a form, an address of a
 * street included, is surer than what a model says of it.
 *
 * @param minScore what the model is less sure of does not count
 */
export function withClassified(
  text: string,
  found: readonly Entity[],
  classified: readonly Entity[],
  minScore: number,
): readonly Entity[] {
  const formed = found.filter(({ type }) => !named.has(type) || type === 'LOCATION');
  const sure = classified.filter(({ score }) => score >= minScore);
  const isFree = ({ start, end }: Entity): boolean =>
    formed.every((entity) => entity.end <= start || entity.start >= end);
  return withoutOverlaps([...formed, ...sure.filter(isFree)], text.length);
}

const named: ReadonlySet<string> = new Set(nameTypes);
