import {
  systemRandom,
  type Clock,
  type Metrics,
  type RandomSource,
  type Stoppable,
  type Timer,
} from '@millrace/runtime';
import { AnswerStore, type Origin } from './answer-store.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import type { CacheRequest } from './cache-request.ts';
import { endedByItself, exactly, type CachedAnswer, type FoundAnswer } from './cached-answer.ts';
import { exactIdentity, semanticIdentity, type OpenRequest } from './identity.ts';
import { createKeyedHash } from './keyed-hash.ts';
import { mayBeCached } from './may-be-cached.ts';
import type { Place } from './semantic-index.ts';
import { SingleFlight, type Flight } from './single-flight.ts';

/**
 * The vector of a text, of length 1; undefined where there is none for the whole of it.
 *
 * @throws nothing but what goes wrong: the request is then looked up by its words alone
 */
export type EmbedText = (text: string, signal: AbortSignal) => Promise<Float32Array | undefined>;

export interface AnswerCacheOptions {
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** By default the system's. */
  readonly random?: RandomSource;
  /** Most memory for answers; 0 for no cache. */
  readonly maxBytes: number;
  readonly keepMs: number;
  /** Smallest cosine by tenant; a tenant that is not there has no semantic cache. */
  readonly semanticThresholds: ReadonlyMap<string, number>;
  /** Undefined where there is nothing that embeds: then there is no semantic cache. */
  readonly embed?: EmbedText | undefined;
  /** Told of a text that could not be embedded. */
  readonly onEmbeddingFailed?: ((error: unknown) => void) | undefined;
}

/** The request is generated. Those that ask the same at the same time wait for it. */
export interface Miss {
  readonly kind: 'miss';
  /** The answer is there and stored. One that did not end by itself is not kept. */
  keep(answer: CachedAnswer): void;
  /** To be called in the end, whatever it was. */
  release(): void;
}

export type LookUp = ({ readonly kind: 'hit' } & FoundAnswer) | Miss;

/** The answers of a process that may be given again: in its memory alone, and never to another tenant. */
export interface AnswerCache extends Stoppable {
  /**
   * Looks a request up. One that is asked by someone else at this moment is waited for.
   *
   * @param signal aborted when the request is stopped; then what it resolves to is undefined or to be released
   * @returns undefined where the cache has nothing to do with the request
   */
  lookUp(request: CacheRequest, signal: AbortSignal): Promise<LookUp | undefined>;
  /** Drops what other versions of the model have answered. */
  keepOnly(origin: Origin): void;
  /** Drops the answers of a tenant, those included that are about to be kept. */
  forget(tenant: string): void;
}

/** How often the answers are looked through for those whose time is over. */
const sweepMs = 30_000;

export function createAnswerCache(options: AnswerCacheOptions): AnswerCache {
  const { clock, maxBytes, keepMs, embed, semanticThresholds } = options;
  const hash = createKeyedHash(options.random ?? systemRandom);
  const store: AnswerStore = new AnswerStore({
    clock,
    maxBytes,
    keepMs,
    onEvicted: (reason, model) => metrics.evicted(model, reason),
  });
  const metrics = createCacheMetrics(options.metrics, store);
  const flights = new SingleFlight<CachedAnswer>();
  let sweep: Timer | undefined;

  const sweepLater = (): void => {
    sweep ??= clock.setTimer(Math.min(sweepMs, keepMs), () => {
      sweep = undefined;
      store.dropExpired();
      if (store.size > 0) sweepLater();
    });
  };

  /** The answer to the same request, whoever is at it; or the flight that is now one's own. */
  const findOrBegin = async (
    key: string,
    flightKey: string,
    signal: AbortSignal,
  ): Promise<FoundAnswer | Flight<CachedAnswer> | undefined> => {
    for (;;) {
      const kept = store.get(key);
      if (kept !== undefined) return exactly(kept);
      if (!flights.has(flightKey)) return flights.begin(flightKey);
      const landed = await flights.follow(flightKey, signal);
      if (signal.aborted) return undefined;
      if (landed !== undefined) return exactly(landed);
    }
  };

  const placeOf = async (
    request: OpenRequest,
    signal: AbortSignal,
  ): Promise<{ readonly place: Place; readonly threshold: number } | undefined> => {
    const threshold = semanticThresholds.get(request.event.tenant);
    const identity = threshold === undefined ? undefined : semanticIdentity(request);
    if (embed === undefined || threshold === undefined || identity === undefined) return undefined;
    try {
      const vector = await embed(identity.text, signal);
      if (vector === undefined) return undefined;
      return { place: { partition: hash(identity.partition), vector }, threshold };
    } catch (error) {
      if (!signal.aborted) options.onEmbeddingFailed?.(error);
      return undefined;
    }
  };

  /** How often something was forgotten: what was asked before that is not kept. */
  let forgotten = 0;

  const found = (model: string, answer: FoundAnswer): LookUp => {
    metrics.hit(model, answer);
    return { kind: 'hit', ...answer };
  };

  const missed = (
    { event, modelVersion }: OpenRequest,
    key: string,
    place: Place | undefined,
    flight: Flight<CachedAnswer> | undefined,
  ): Miss => {
    metrics.missed(event.model);
    const forgottenBefore = forgotten;
    return {
      kind: 'miss',
      keep(answer) {
        if (!endedByItself(answer) || forgotten !== forgottenBefore) return;
        store.set(key, answer, { tenant: event.tenant, model: event.model, modelVersion }, place);
        sweepLater();
        flight?.land(answer);
      },
      release: () => flight?.land(undefined),
    };
  };

  return {
    async lookUp({ event, content, modelVersion }, signal) {
      if (maxBytes === 0 || event.cache === 'NONE' || signal.aborted) return undefined;
      const { temperature, seed } = event.parameters;
      const isExact = mayBeCached({ ...event, temperature, isSeedGiven: seed >= 0 });
      if (!isExact && (embed === undefined || !semanticThresholds.has(event.tenant))) return undefined;
      const request = { event, content: content(), modelVersion };
      const key = hash(exactIdentity(request));
      let flight: Flight<CachedAnswer> | undefined;
      if (isExact) {
        // Who is in more of a hurry does not wait for who is in less.
        const exact = await findOrBegin(key, `${key}:${event.priority}`, signal);
        if (exact === undefined) return undefined;
        if ('answer' in exact) return found(event.model, exact);
        flight = exact;
      }
      const semantic = await placeOf(request, signal);
      if (semantic === undefined) return isExact ? missed(request, key, undefined, flight) : undefined;
      const near = store.nearest(semantic.place, semantic.threshold);
      if (near === undefined) return missed(request, key, semantic.place, flight);
      // Those that wait look for themselves.
      flight?.land(undefined);
      const { answer, similarity } = near;
      return found(event.model, {
        answer,
        hit: { kind: 'SEMANTIC', similarity, request_id: answer.requestId },
      });
    },
    keepOnly: (origin) => store.keepOnly(origin),
    forget(tenant) {
      forgotten += 1;
      store.dropTenant(tenant);
    },
    async stop() {
      sweep?.cancel();
      store.clear();
    },
  };
}
