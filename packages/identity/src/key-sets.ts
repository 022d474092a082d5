import { createLocalJWKSet, type LocalJWKSet } from 'jose';
import { MillraceError, type Clock, type Logger } from '@millrace/runtime';
import type { FetchKeySet } from './fetch-key-set.ts';

/** The keys of the issuers, as they were not long ago. */
export interface KeySets {
  /** @throws `unavailable` when they cannot be had */
  of(uri: string): Promise<LocalJWKSet>;
  /** Looks again, since a token names a key that is not there. @returns undefined where it is too soon, or did not help */
  again(uri: string): Promise<LocalJWKSet | undefined>;
}

/** After so long they are fetched again. */
const freshMs = 10 * 60_000;
/** For so long they count when they cannot be fetched again. */
const staleMs = 60 * 60_000;
/** Between two fetches for keys that are not known: anybody can name one. */
const unknownKeyPauseMs = 30_000;
/** Between two fetches that failed. */
const failurePauseMs = 2_000;

interface Entry {
  keys: LocalJWKSet | undefined;
  fetchedAt: number;
  triedAt: number;
  fetching: Promise<void> | undefined;
}

/** One entry for each `jwks_uri` of a provider that is enabled, so there are never many. */
export function createKeySets({
  fetchKeySet,
  clock,
  logger,
}: {
  readonly fetchKeySet: FetchKeySet;
  readonly clock: Clock;
  readonly logger: Logger;
}): KeySets {
  const entries = new Map<string, Entry>();

  const entryOf = (uri: string): Entry => {
    const present = entries.get(uri);
    if (present !== undefined) return present;
    const entry: Entry = { keys: undefined, fetchedAt: -Infinity, triedAt: -Infinity, fetching: undefined };
    entries.set(uri, entry);
    return entry;
  };

  const fetchOnce = (uri: string, entry: Entry): Promise<void> => {
    entry.fetching ??= (async () => {
      entry.triedAt = clock.monotonicMs();
      try {
        entry.keys = createLocalJWKSet(await fetchKeySet(uri));
        entry.fetchedAt = entry.triedAt;
      } catch (error) {
        logger.warn({ error, uri }, 'the keys of an issuer could not be fetched');
      } finally {
        entry.fetching = undefined;
      }
    })();
    return entry.fetching;
  };

  return {
    async of(uri) {
      const entry = entryOf(uri);
      const now = clock.monotonicMs();
      const isPaused = now - entry.triedAt < failurePauseMs && entry.fetching === undefined;
      if (now - entry.fetchedAt >= freshMs && !isPaused) {
        const fetching = fetchOnce(uri, entry);
        // Keys that are not too old are good while new ones are on their way.
        if (entry.keys === undefined || now - entry.fetchedAt >= staleMs) await fetching;
      }
      if (entry.keys !== undefined && clock.monotonicMs() - entry.fetchedAt < staleMs) return entry.keys;
      throw new MillraceError('unavailable', 'The keys of the issuer cannot be reached right now.', {
        retryAfterMs: failurePauseMs,
      });
    },
    async again(uri) {
      const entry = entryOf(uri);
      const before = entry.fetchedAt;
      if (entry.fetching === undefined && clock.monotonicMs() - entry.triedAt < unknownKeyPauseMs)
        return undefined;
      await fetchOnce(uri, entry);
      return entry.fetchedAt === before ? undefined : entry.keys;
    },
  };
}
