import { createHash } from 'node:crypto';
import type { Bucket } from '@millrace/bus';
import type { Codec } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';

/** What a key stands for. Stored under a hash of tenant and key, the digest of the payload sealed. */
export interface IdempotencyEntry {
  readonly requestId: string;
  readonly gateway: string;
  readonly payloadHash: string;
}

/** A key as its owner sees it. */
export interface KeyOwner {
  readonly tenant: string;
  /** Set when the key counts only for requests of this API key. */
  readonly keyId?: string | undefined;
  readonly key: string;
}

/** Requests that one idempotency key may stand for, those that were worth another try included. */
export const maxRounds = 64;

/** The name under which a claim is stored: tenant and key are hashed. */
function claimName({ tenant, keyId, key }: KeyOwner, round: number): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, keyId ?? null, key, round]))
    .digest('hex');
}

/** The last request of a key, or undefined where it has none. */
export async function findKeyedRequest(
  { bucket, codec }: { readonly bucket: Bucket; readonly codec: Codec },
  owner: KeyOwner,
): Promise<string | undefined> {
  let requestId: string | undefined;
  for (let round = 0; round < maxRounds; round += 1) {
    const claim = await bucket.get(claimName(owner, round));
    if (claim === undefined) break;
    requestId = codec.decode('idempotency.claimed', claim.value).request_id;
  }
  return requestId;
}

/**
 * Claims a key, or finds out who has it. A key can have several requests, one after the other, when those before it ended in a way
 * that is worth another try: `round` counts them from 0, and each is claimed by an atomic create.
 *
 * @returns the entry that stands: the offered one when the key was free
 * @throws `idempotency_key_reused` when it stands for another payload
 */
export async function claimIdempotencyKey(
  { bucket, codec, box }: { readonly bucket: Bucket; readonly codec: Codec; readonly box: SealingBox },
  owner: KeyOwner & {
    readonly round: number;
    /** Where the client named the key. */
    readonly param: string;
  },
  offered: IdempotencyEntry,
): Promise<IdempotencyEntry> {
  const name = claimName(owner, owner.round);
  const context = `idempotency:${name}`;
  const payload_digest = box.seal(Buffer.from(offered.payloadHash), context);
  const claim = { request_id: offered.requestId, gateway: offered.gateway, payload_digest };
  if (await bucket.create(name, codec.encode('idempotency.claimed', claim))) return offered;
  const present = await bucket.get(name);
  if (present === undefined)
    throw new MillraceError('unavailable', 'The idempotency key expired at this moment.');
  const stored = codec.decode('idempotency.claimed', present.value);
  const entry: IdempotencyEntry = {
    requestId: stored.request_id,
    gateway: stored.gateway,
    payloadHash: Buffer.from(box.open(stored.payload_digest, context)).toString('utf8'),
  };
  if (entry.payloadHash !== offered.payloadHash) {
    throw new MillraceError(
      'idempotency_key_reused',
      'The idempotency key was used for a request with another body.',
      {
        param: owner.param,
      },
    );
  }
  return entry;
}
