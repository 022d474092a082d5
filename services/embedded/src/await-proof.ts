import { findRecord, verifyTenant } from '@millrace/audit-log';
import { findLedgerEntry } from '@millrace/billing';
import type { Clock } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { Database } from '@millrace/store';

/** What an answer cost, and that it is on record. */
export interface Proof {
  readonly ledger: { readonly entry_id: string; readonly amount: string; readonly currency: string };
  readonly audit: { readonly records: number; readonly verified: boolean };
}

const pollMs = 20;

/** Waits until the request is in the ledger and in the audit chain, and verifies the chain. */
export async function awaitProof(
  dependencies: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  database: Database,
  request: { readonly tenant: string; readonly requestId: string },
  signal: AbortSignal,
): Promise<Proof> {
  const entry = await poll(dependencies.clock, signal, () => findLedgerEntry(database, request.requestId));
  const { tenant, requestId } = request;
  await poll(dependencies.clock, signal, () => findRecord(dependencies, requestId, { tenant, signal }));
  const { records, verified } = await verifyTenant(dependencies, request.tenant);
  return {
    ledger: { entry_id: entry.entryId, amount: entry.amount, currency: entry.currency },
    audit: { records, verified },
  };
}

async function poll<Value>(
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<Value | undefined>,
): Promise<Value> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await clock.sleep(pollMs, signal);
  }
}
