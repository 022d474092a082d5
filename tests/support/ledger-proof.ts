import { eq } from '@millrace/store/sql';
import { verifyTenant } from '@millrace/audit-log';
import { subjects, type RequestClosed } from '@millrace/contracts';
import type { Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { countRequestsOnRecord } from './audit-proof.ts';

/** What is on record of a tenant, counted where it lies. */
export interface LedgerProof {
  /** Messages in CLOSED, rows in the ledger, events in BILLING by different `entry_id`, records of requests in the audit chain. */
  readonly closings: number;
  readonly ledgerRows: number;
  readonly charges: number;
  readonly auditRecords: number;
  readonly isChainVerified: boolean;
  /** Output tokens: different (request, choice, position) that were published; what the closings say; what is charged. */
  readonly publishedTokens: number;
  readonly closedTokens: number;
  readonly chargedTokens: number;
  /** Requests of which these are not the same. */
  readonly wrong: readonly string[];
}

/** Counts the tokens of all requests that RESULTS still has, by tenant and request. */
export async function publishedPositions({
  platform: { bus, codec },
}: Pick<Cluster, 'platform'>): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const positions = new Map<string, Map<string, Set<string>>>();
  for await (const { payload } of bus.read('RESULTS', 'mr.result.*.*')) {
    const { kind, tenant, request_id, choice, first_position, token_count } = codec.decode(
      'result.chunk',
      payload,
    );
    if (kind !== 'CHUNK') continue;
    const ofTenant = positions.get(tenant) ?? new Map<string, Set<string>>();
    const ofRequest = ofTenant.get(request_id) ?? new Set<string>();
    for (let place = first_position; place < first_position + token_count; place += 1)
      ofRequest.add(`${choice} ${place}`);
    positions.set(tenant, ofTenant.set(request_id, ofRequest));
  }
  return new Map(
    Array.from(positions, ([tenant, requests]) => [
      tenant,
      new Map(Array.from(requests, ([id, places]) => [id, places.size])),
    ]),
  );
}

/** @param published tokens by request, as `publishedPositions` says */
export async function proveLedger(
  { platform, database }: Pick<Cluster, 'platform' | 'database'>,
  tenant: string,
  published: ReadonlyMap<string, number>,
): Promise<LedgerProof> {
  const { bus, codec } = platform;
  const closings: RequestClosed[] = [];
  for await (const { payload } of bus.read('CLOSED', subjects.closed(tenant, '*')))
    closings.push(codec.decode('request.closed', payload));
  const charges = new Set<string>();
  for await (const { payload } of bus.read('BILLING', subjects.charged(tenant)))
    charges.add(codec.decode('billing.charged', payload).entry_id);
  const rows = await database.select().from(ledger).where(eq(ledger.tenant, tenant));
  const { verified } = await verifyTenant(platform, tenant);

  const closed = new Map(closings.map(({ request_id, usage }) => [request_id, usage.output_tokens]));
  const charged = new Map(rows.map(({ requestId, outputTokens }) => [requestId ?? '', outputTokens]));
  const requests = new Set([...published.keys(), ...closed.keys(), ...charged.keys()]);
  return {
    closings: closings.length,
    ledgerRows: rows.length,
    charges: charges.size,
    auditRecords: await countRequestsOnRecord(platform, tenant),
    isChainVerified: verified,
    publishedTokens: sum(published.values()),
    closedTokens: sum(closings.map(({ usage }) => usage.output_tokens)),
    chargedTokens: sum(rows.map(({ outputTokens }) => outputTokens)),
    wrong: [...requests].filter((id) => {
      const tokens = published.get(id) ?? 0;
      return closed.get(id) !== tokens || charged.get(id) !== tokens;
    }),
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
