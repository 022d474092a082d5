import type { ClosingWork, StageDependencies } from '@millrace/stage';
import { charge, type LedgerDependencies } from './ledger.ts';

/** Writes the ledger: one row for each closing, whatever is redelivered. Acked after the commit. */
export function onRequestClosed(dependencies: StageDependencies & LedgerDependencies, wakeRelay: () => void) {
  return async (work: readonly ClosingWork[]): Promise<readonly boolean[]> => {
    const charged = await charge(dependencies, work.map(({ closing }) => closing));
    wakeRelay();
    return work.map(({ closing }) => {
      const isCharged = charged.has(closing.request_id);
      if (!isCharged) {
        const { model, request_id: requestId } = closing;
        dependencies.logger.error({ stage: 'billing', model, requestId }, 'a model without a price was used');
      }
      return isCharged;
    });
  };
}
