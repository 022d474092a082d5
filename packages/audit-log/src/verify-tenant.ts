import type { Bus } from '@millrace/bus';
import { subjects, type Codec } from '@millrace/contracts';
import { ChainFollower, hashOfRecord, type ChainLink, type ChainVerification } from './chain.ts';
import { readRecord } from './read-record.ts';

/** Where chains are read. */
export interface ChainSource {
  readonly bus: Pick<Bus, 'read' | 'lastMessage'>;
  readonly codec: Codec;
}

/**
 * Reads the chain of a tenant and verifies it. A record that cannot be decoded breaks the chain as `unreadable`.
 *
 * @throws `unavailable` when the stream cannot be read
 */
export async function verifyTenant(
  { bus, codec }: Pick<ChainSource, 'codec'> & { readonly bus: Pick<Bus, 'read'> },
  tenant: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ChainVerification> {
  const follower = new ChainFollower();
  for await (const stored of bus.read('AUDIT', subjects.recorded(tenant), options)) {
    const link = linkOf(codec, stored.payload);
    if (link === undefined) {
      follower.addUnreadable();
      break;
    }
    follower.add(link);
  }
  return follower.end();
}

/** What links a stored record to its neighbours, or undefined when it cannot be decoded. */
export function linkOf(codec: Codec, payload: Uint8Array): ChainLink | undefined {
  const record = readRecord(codec, payload);
  if (record === undefined) return undefined;
  const { sequence, previous_hash: previousHash, hash } = record;
  return { sequence, previousHash, hash, computedHash: hashOfRecord(payload) };
}
