import { whileDatabaseAway, type ClosingWork, type StageDependencies } from '@millrace/stage';
import type { Admission } from './admission.ts';

/** Settles claims: only a closing releases what a request holds. */
export function onRequestClosed(dependencies: StageDependencies, admission: Admission) {
  return async (work: readonly ClosingWork[]): Promise<readonly boolean[]> => {
    const deliveries = work.map(({ delivery }) => delivery);
    const closings = work.map(({ closing }) => closing);
    await whileDatabaseAway(dependencies, deliveries, () => admission.settle(closings));
    return work.map(() => true);
  };
}
