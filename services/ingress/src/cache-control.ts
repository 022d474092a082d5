import type { IncomingHttpHeaders } from 'node:http';
import { mayBeCached } from '@millrace/answer-cache';
import type { CacheHit } from '@millrace/contracts';
import type { Generation } from '@millrace/relay';

/** After RFC 9111, 5.2.1. One that may not be answered from the cache is not kept in it either. */
const refusals: ReadonlySet<string> = new Set(['no-store', 'no-cache', 'max-age=0']);

/** Whether `Cache-Control` forbids an answer from the cache. */
export function forbidsCache(headers: IncomingHttpHeaders): boolean {
  const directives = (headers['cache-control'] ?? '').toLowerCase().split(',');
  return directives.some((directive) => refusals.has(directive.trim()));
}

/** What is asked for, as far as `Cache-Control` allows an answer from the cache. */
export function obeyCacheControl(generation: Generation, headers: IncomingHttpHeaders): Generation {
  return forbidsCache(headers) ? { ...generation, cache: 'NONE' } : generation;
}

/** The header that says where an answer came from; none where the cache had nothing to do with it. */
export function cacheHeader(
  { operation, cache = 'AUTO', parameters: { temperature }, seed }: Generation,
  hit: CacheHit | undefined,
): Readonly<Record<string, string>> {
  if (hit !== undefined) return hitHeader(hit);
  const isLookedUp = mayBeCached({ operation, cache, temperature, isSeedGiven: seed !== undefined });
  return isLookedUp ? { 'x-millrace-cache': 'miss' } : {};
}

/** The same where nothing is known of the request. */
export function hitHeader(hit: CacheHit | undefined): Readonly<Record<string, string>> {
  return hit === undefined ? {} : { 'x-millrace-cache': nameOf(hit) };
}

/** Rounded down: what is shown was reached. */
function nameOf({ kind, similarity }: CacheHit): string {
  if (kind === 'EXACT') return 'exact';
  return `semantic;similarity=${(Math.floor(similarity * 100) / 100).toFixed(2)}`;
}
