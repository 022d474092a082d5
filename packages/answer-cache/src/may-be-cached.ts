import type { CacheUse, Parameters } from '@millrace/contracts';
import type { Operation } from '@millrace/stage';

/** What decides whether a request may have the answer of the same request from the cache. */
export interface CacheWish {
  readonly operation: string;
  readonly cache: CacheUse;
  readonly temperature: Parameters['temperature'];
  /** Whether the client chose the seed. */
  readonly isSeedGiven: boolean;
}

/** Those in which nothing is drawn. */
const withoutChance: ReadonlySet<string> = new Set<Operation>(['classify', 'embed']);

/**
 * Whether the same request asked again may get the same answer from the cache: where it would come out the same anyway, or where
 * the client wants it so.
 */
export function mayBeCached({ operation, cache, temperature, isSeedGiven }: CacheWish): boolean {
  if (cache === 'NONE') return false;
  return cache === 'WANTED' || isSeedGiven || temperature === 0 || withoutChance.has(operation);
}
