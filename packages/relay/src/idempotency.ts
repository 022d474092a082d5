import { createHash } from 'node:crypto';
import type { Bucket } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import type { SealingBox } from '@millrace/sealing';
import type { Generation } from './submission.ts';

/** What a key stands for. Stored sealed, under a hash of tenant and key: nothing of it can be read. */
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
  bucket: Bucket,
  box: SealingBox,
  owner: {
    readonly tenant: string;
    /** Set when the key counts only for requests of this API key. */
    readonly keyId?: string | undefined;
    readonly key: string;
    readonly round: number;
  },
  offered: IdempotencyEntry,
): Promise<IdempotencyEntry> {
  const name = createHash('sha256')
    .update(JSON.stringify([owner.tenant, owner.keyId ?? null, owner.key, owner.round]))
    .digest('hex');
  const context = `idempotency:${name}`;
  const sealed = box.seal(Buffer.from(JSON.stringify(offered)), context);
  if (await bucket.create(name, sealed)) return offered;
  const present = await bucket.get(name);
  if (present === undefined)
    throw new MillraceError('unavailable', 'The idempotency key expired at this moment.');
  const entry = JSON.parse(
    Buffer.from(box.open(present.value, context)).toString('utf8'),
  ) as IdempotencyEntry;
  if (entry.payloadHash !== offered.payloadHash) {
    throw new MillraceError(
      'idempotency_key_reused',
      'The idempotency key was used for a request with another body.',
      {
        param: 'idempotency_key',
      },
    );
  }
  return entry;
}

/** The same for the same request, whatever order its fields came in. */
export function payloadHash({ model, messages, stop, parameters, seed }: Generation): string {
  const { max_tokens, temperature, top_k, top_p } = parameters;
  const canonical = [
    model ?? null,
    messages.map(({ role, content }) => [role, content]),
    stop,
    [max_tokens, temperature, top_k, top_p, seed ?? null],
  ];
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}
