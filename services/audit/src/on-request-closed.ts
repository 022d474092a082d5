import type { IdGenerator } from '@millrace/runtime';
import type { ClosingWork, StageDependencies } from '@millrace/stage';
import { TenantChain } from './tenant-chain.ts';

/** Chains kept in memory at most; one that is asked for again is read again. */
const maxChains = 5_000;

/** Appends one record for each closing to the chain of its tenant: tenants side by side, one tenant in order. */
export function onRequestClosed(dependencies: StageDependencies, nextId: IdGenerator) {
  const chains = new Map<string, TenantChain>();
  /** The last work on each chain, so that two batches do not write to one chain at once. */
  const tails = new Map<string, Promise<unknown>>();
  const recorded = dependencies.metrics.counter({
    name: 'millrace_audit_records_total',
    help: 'Records appended to audit chains.',
  });

  const recordAll = async (
    tenant: string,
    work: readonly ClosingWork[],
    answers: Map<ClosingWork, boolean>,
  ): Promise<void> => {
    const chain = chains.get(tenant) ?? new TenantChain(dependencies, nextId, tenant);
    chains.delete(tenant);
    chains.set(tenant, chain);
    try {
      for (const item of work) {
        if (item.delivery.signal.aborted) return;
        const { closing, delivery } = item;
        const isNew = await chain.record({
          requestId: closing.request_id,
          closedAt: closing.closed_at,
          delivery,
        });
        if (isNew) recorded.inc();
        answers.set(item, true);
      }
    } catch (error) {
      dependencies.logger.warn(
        { error, stage: 'audit', tenant },
        'closings were not recorded and will be tried again',
      );
    }
  };

  return async (work: readonly ClosingWork[]): Promise<readonly boolean[]> => {
    const answers = new Map<ClosingWork, boolean>();
    const byTenant = Map.groupBy(work, ({ closing }) => closing.tenant);
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
    return work.map((item) => answers.get(item) ?? false);
  };
}
