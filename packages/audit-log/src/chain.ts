import { createHash } from 'node:crypto';

/** Bytes of a hash. `hash` is the last field of a record and fixed, so it is the end of the record's encoding. */
const hashBytes = 32;

/** The `previous_hash` of the first record, and the `hash` of a record while it is computed. */
export const noHash: Uint8Array = Buffer.alloc(hashBytes);

/** What links a record to its neighbours. */
export interface ChainLink {
  readonly sequence: number;
  readonly previousHash: Uint8Array;
  /** The hash that the record states. */
  readonly hash: Uint8Array;
  /** The hash of what the record says, computed from its bytes as they are stored. */
  readonly computedHash: Uint8Array;
}

/**
 * SHA-256 of a record's encoding (single-object, as stored) with its last field, `hash`, all zeros. It is taken from
 * the bytes, not from decoded fields, so it stays the same whichever schema version reads them.
 */
export function hashOfRecord(encoded: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(encoded.subarray(0, Math.max(0, encoded.length - hashBytes)))
    .update(noHash)
    .digest();
}

/** What is wrong with a chain at the first place where it does not hold. */
export type BrokenReason = 'changed' | 'removed' | 'inserted' | 'reordered' | 'unreadable';

/** The first record that does not hold; for `removed` the sequence of the first that is not there. */
export interface BrokenRecord<Reason extends string = BrokenReason> {
  readonly sequence: number;
  readonly reason: Reason;
}

export interface ChainVerification {
  /** Number of records looked at. */
  readonly records: number;
  readonly verified: boolean;
  readonly firstBroken?: BrokenRecord;
}

/**
 * Follows a chain from its first record, one after the other. What is wrong is sometimes known only when later records were seen: whether
 * one was removed or only moved, and which of two that do not fit together is the changed one.
 *
 * A chain proves that what is there is unchanged and complete up to its last record, for who trusts that record. That nobody cut records off
 * its end, or wrote all of it anew, shows only against a signed checkpoint.
 */
export class ChainFollower {
  #records = 0;
  #last: ChainLink | undefined;
  #broken: BrokenRecord | undefined;
  #brokenAt: number | undefined;
  /** A sequence that has not come yet, though later ones have. */
  #missing: number | undefined;
  /** Two neighbours that do not fit together. */
  #unlinked: { readonly before: ChainLink; readonly after: ChainLink } | undefined;
  #trusted = 0;

  /** Where the chain breaks: a place among the records that were followed, from 1. */
  get brokenAt(): number | undefined {
    return this.#brokenAt;
  }

  /** Number of records followed. */
  get records(): number {
    return this.#records;
  }

  add(link: ChainLink): void {
    this.#records += 1;
    if (this.#broken !== undefined) return;
    if (this.#missing !== undefined) {
      if (link.sequence === this.#missing)
        this.#break(this.#last?.sequence ?? this.#missing, 'reordered', this.#missing);
      return;
    }
    if (this.#unlinked !== undefined) {
      this.#settle(this.#unlinked, equal(link.previousHash, this.#unlinked.after.hash));
      return;
    }
    const before = this.#last;
    this.#last = link;
    if (!equal(link.hash, link.computedHash)) this.#break(link.sequence, 'changed');
    else if (link.sequence > this.#records) this.#missing = this.#records;
    else if (link.sequence < this.#records) this.#break(link.sequence, 'inserted');
    else if (!equal(link.previousHash, before?.hash ?? noHash)) {
      if (before === undefined) this.#break(link.sequence, 'inserted');
      else this.#unlinked = { before, after: link };
    }
  }

  /** Something cannot be read where the next record should be. */
  addUnreadable(): void {
    this.#records += 1;
    this.#finish();
    if (this.#broken === undefined) this.#break(this.#records, 'unreadable');
  }

  /** The records so far are those that were signed. */
  trust(): void {
    this.#trusted = this.#records;
  }

  end(): ChainVerification {
    this.#finish();
    if (this.#broken === undefined) return { records: this.#records, verified: true };
    return { records: this.#records, verified: false, firstBroken: this.#broken };
  }

  #finish(): void {
    if (this.#missing !== undefined) this.#break(this.#missing, 'removed', this.#missing);
    if (this.#unlinked !== undefined) this.#settle(this.#unlinked, true);
  }

  /** One that the next record follows was there before; then the other one of the two was changed. */
  #settle(
    { before, after }: { readonly before: ChainLink; readonly after: ChainLink },
    isFollowed: boolean,
  ): void {
    const isBeforeChanged = isFollowed && before.sequence > this.#trusted;
    const { sequence } = isBeforeChanged ? before : after;
    this.#break(sequence, 'changed', sequence);
  }

  #break(sequence: number, reason: BrokenReason, place = this.#records): void {
    if (this.#broken !== undefined) return;
    this.#broken = { sequence, reason };
    this.#brokenAt = place;
  }
}

/** Follows a chain that is at hand. */
export function verifyChain(links: Iterable<ChainLink>): ChainVerification {
  const follower = new ChainFollower();
  for (const link of links) follower.add(link);
  return follower.end();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
