import type { IdGenerator } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import { TenantChain, type Entry } from './tenant-chain.ts';

/** Chains kept in memory at most; one that is asked for again is read again. */
const maxChains = 5_000;

/** What is to be recorded, and where. */
export interface TenantEntry extends Entry {
  readonly tenant: string;
  /** Once it is aborted, what is not recorded yet is handed back. */
  readonly signal: AbortSignal;
}

/** @returns for each entry whether it is recorded now */
export type RecordEntries = (entries: readonly TenantEntry[]) => Promise<readonly boolean[]>;

/** Appends entries to the chains of their tenants: tenants side by side, one tenant in order. Closings and acts share the chains. */
export function createChains(dependencies: StageDependencies, nextId: IdGenerator): RecordEntries {
  const chains = new Map<string, TenantChain>();
  /** The last work on each chain, so that two batches do not write to one chain at once. */
  const tails = new Map<string, Promise<unknown>>();
  const recorded = dependencies.metrics.counter({
    name: 'millrace_audit_records_total',
    help: 'Records appended to audit chains.',
  });

  const recordAll = async (
    tenant: string,
    entries: readonly TenantEntry[],
    answers: Map<TenantEntry, boolean>,
  ): Promise<void> => {
    const chain = chains.get(tenant) ?? new TenantChain(dependencies, nextId, tenant);
    chains.delete(tenant);
    chains.set(tenant, chain);
    try {
      for (const entry of entries) {
        if (entry.signal.aborted) return;
        const { tenant: _tenant, signal: _signal, ...own } = entry;
        if (await chain.record(own)) recorded.inc();
        answers.set(entry, true);
      }
    } catch (error) {
      dependencies.logger.warn(
        { error, stage: 'audit', tenant },
        'events were not recorded and will be tried again',
      );
    }
  };

  return async (entries) => {
    const answers = new Map<TenantEntry, boolean>();
    const byTenant = Map.groupBy(entries, ({ tenant }) => tenant);
    await Promise.all(
      Array.from(byTenant, async ([tenant, items]) => {
        const before = tails.get(tenant) ?? Promise.resolve();
        const mine = before.then(() => recordAll(tenant, items, answers));
        tails.set(tenant, mine);
        await mine;
        if (tails.get(tenant) === mine) tails.delete(tenant);
      }),
    );
    for (const tenant of chains.keys()) {
      if (chains.size <= maxChains) break;
      if (!tails.has(tenant)) chains.delete(tenant);
    }
    return entries.map((entry) => answers.get(entry) ?? false);
  };
}
