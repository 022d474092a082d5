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

export interface ChainVerification {
  /** Number of records looked at. */
  readonly records: number;
  readonly verified: boolean;
  /** The first record that does not follow; for `removed` the sequence of the first that is not there. */
  readonly firstBroken?: { readonly sequence: number; readonly reason: BrokenReason };
}

/**
 * Follows a chain from its first record.
 *
 * A chain proves that what is there is unchanged and complete up to its last record. That nobody cut records off its end
 * shows only against a head kept elsewhere.
 */
export function verifyChain(links: readonly ChainLink[]): ChainVerification {
  let previousHash = noHash;
  for (const [index, link] of links.entries()) {
    const reason = whyBroken(link, index + 1, previousHash, links);
    if (reason !== undefined) {
      const sequence = reason === 'removed' ? index + 1 : link.sequence;
      return { records: links.length, verified: false, firstBroken: { sequence, reason } };
    }
    previousHash = link.hash;
  }
  return { records: links.length, verified: true };
}

function whyBroken(
  link: ChainLink,
  expectedSequence: number,
  previousHash: Uint8Array,
  links: readonly ChainLink[],
): BrokenReason | undefined {
  if (!equal(link.hash, link.computedHash)) return 'changed';
  if (link.sequence > expectedSequence) {
    return links.some(({ sequence }) => sequence === expectedSequence) ? 'reordered' : 'removed';
  }
  if (link.sequence < expectedSequence || !equal(link.previousHash, previousHash)) return 'inserted';
  return undefined;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
