import { whileDatabaseAway, type ClosingWork, type StageDependencies } from '@millrace/stage';
import { charge, type LedgerDependencies } from './ledger.ts';

/** Writes the ledger: one row for each closing, whatever is redelivered. Acked after the commit. */
export function onRequestClosed(dependencies: StageDependencies & LedgerDependencies, wakeRelay: () => void) {
  return async (work: readonly ClosingWork[]): Promise<readonly boolean[]> => {
    const deliveries = work.map(({ delivery }) => delivery);
    const closings = work.map(({ closing }) => closing);
    const charged = await whileDatabaseAway(dependencies, deliveries, () => charge(dependencies, closings));
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
