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

/**
 * Claims a key, or finds out who has it. A key can have several requests, one after the other, when those before it ended in a way
 * that is worth another try: `round` counts them from 0, and each is claimed by an atomic create.
 *
 * @returns the entry that stands: the offered one when the key was free
 * @throws `idempotency_key_reused` when it stands for another payload
 */
export async function claimIdempotencyKey(
  { bucket, codec, box }: { readonly bucket: Bucket; readonly codec: Codec; readonly box: SealingBox },
  owner: {
    readonly tenant: string;
    /** Set when the key counts only for requests of this API key. */
    readonly keyId?: string | undefined;
    readonly key: string;
    readonly round: number;
    /** Where the client named the key. */
    readonly param: string;
  },
  offered: IdempotencyEntry,
): Promise<IdempotencyEntry> {
  const name = createHash('sha256')
    .update(JSON.stringify([owner.tenant, owner.keyId ?? null, owner.key, owner.round]))
    .digest('hex');
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
