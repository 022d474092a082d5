import { subjects } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { hashOfRecord, verifyChain, type ChainLink, type ChainVerification } from './chain.ts';

/**
 * Reads the chain of a tenant and verifies it. A record that cannot be decoded breaks the chain as `unreadable`.
 *
 * @throws `unavailable` when the stream cannot be read
 */
export async function verifyTenant(
  { bus, codec }: Pick<StageDependencies, 'bus' | 'codec'>,
  tenant: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ChainVerification> {
  const links: ChainLink[] = [];
  for await (const stored of bus.read('AUDIT', subjects.recorded(tenant), options)) {
    const link = linkOf(codec, stored.payload);
    if (link === undefined) return unreadableAfter(links);
    links.push(link);
  }
  return verifyChain(links);
}

/** What links a stored record to its neighbours, or undefined when it cannot be decoded. */
export function linkOf(codec: StageDependencies['codec'], payload: Uint8Array): ChainLink | undefined {
  try {
    const { sequence, previous_hash: previousHash, hash } = codec.decode('audit.recorded', payload);
    return { sequence, previousHash, hash, computedHash: hashOfRecord(payload) };
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}

/** A break before the unreadable record is the first one. */
function unreadableAfter(links: readonly ChainLink[]): ChainVerification {
  const before = verifyChain(links);
  if (!before.verified) return before;
  const sequence = links.length + 1;
  return { records: sequence, verified: false, firstBroken: { sequence, reason: 'unreadable' } };
}
