import type { Clock } from '@millrace/runtime';
import type { CachedAnswer } from './cached-answer.ts';
import { SemanticIndex, type Place } from './semantic-index.ts';

/** Whose answers go together when a model changes. */
export interface Origin {
  readonly model: string;
  readonly modelVersion: string;
}

/** Where an answer comes from, and whose it is. */
export interface OwnedOrigin extends Origin {
  readonly tenant: string;
}

/** Why an answer is no longer there. */
export type EvictionReason = 'size' | 'age' | 'version' | 'erased';

export interface AnswerStoreOptions {
  readonly clock: Clock;
  readonly maxBytes: number;
  readonly keepMs: number;
  readonly onEvicted: (reason: EvictionReason, model: string) => void;
}

interface Entry {
  readonly key: string;
  readonly origin: OwnedOrigin;
  readonly place: Place | undefined;
  /** JSON: its size is known, and it is outside of the heap that is collected. */
  readonly payload: Buffer;
  readonly bytes: number;
  readonly expiresAtMs: number;
}

/** What an entry takes beside its payload and vector, about. */
const overheadBytes = 512;

/** Answers by key and by meaning, within a limit of bytes. Of those the least recently used go first, and each after its time. */
export class AnswerStore {
  readonly #entries = new Map<string, Entry>();
  readonly #index = new SemanticIndex();
  readonly #options: AnswerStoreOptions;
  #bytes = 0;

  constructor(options: AnswerStoreOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): CachedAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs <= this.#options.clock.monotonicMs()) {
      this.#evict(entry, 'age');
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return JSON.parse(entry.payload.toString('utf8')) as CachedAnswer;
  }

  /** The answer of the partition to the text that is most like this one, at or above the threshold. */
  nearest(
    place: Place,
    threshold: number,
  ): { readonly answer: CachedAnswer; readonly similarity: number } | undefined {
    this.dropExpired();
    const found = this.#index.nearest(place, threshold);
    const answer = found === undefined ? undefined : this.get(found.key);
    return found === undefined || answer === undefined ? undefined : { answer, similarity: found.similarity };
  }

  /** One that is larger than the limit is not kept. */
  set(key: string, answer: CachedAnswer, origin: OwnedOrigin, place?: Place): void {
    const payload = Buffer.from(JSON.stringify(answer), 'utf8');
    const bytes = payload.length + (place?.vector.byteLength ?? 0) + overheadBytes;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#remove(before);
    if (bytes > this.#options.maxBytes) return;
    const expiresAtMs = this.#options.clock.monotonicMs() + this.#options.keepMs;
    this.#entries.set(key, { key, origin, place, payload, bytes, expiresAtMs });
    this.#bytes += bytes;
    if (place !== undefined) {
      const crowdedOut = this.#index.add(key, place);
      const entry = crowdedOut === undefined ? undefined : this.#entries.get(crowdedOut);
      if (entry !== undefined) this.#evict(entry, 'size');
    }
    for (const oldest of this.#entries.values()) {
      if (this.#bytes <= this.#options.maxBytes) return;
      this.#evict(oldest, 'size');
    }
  }

  dropExpired(): void {
    const now = this.#options.clock.monotonicMs();
    for (const entry of this.#entries.values()) if (entry.expiresAtMs <= now) this.#evict(entry, 'age');
  }

  /** Drops the answers of other versions of the model. */
  keepOnly({ model, modelVersion }: Origin): void {
    for (const entry of this.#entries.values()) {
      if (entry.origin.model === model && entry.origin.modelVersion !== modelVersion)
        this.#evict(entry, 'version');
    }
  }

  /** Drops the answers of a tenant. */
  dropTenant(tenant: string): void {
    for (const entry of this.#entries.values())
      if (entry.origin.tenant === tenant) this.#evict(entry, 'erased');
  }

  clear(): void {
    for (const entry of this.#entries.values()) this.#remove(entry);
  }

  #evict(entry: Entry, reason: EvictionReason): void {
    this.#remove(entry);
    this.#options.onEvicted(reason, entry.origin.model);
  }

  #remove({ key, bytes, place }: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= bytes;
    if (place !== undefined) this.#index.remove(key, place.partition);
  }
}
