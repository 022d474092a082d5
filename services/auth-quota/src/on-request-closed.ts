import type { ClosingWork } from '@millrace/stage';
import type { Admission } from './admission.ts';

/** Settles claims: only a closing releases what a request holds. */
export function onRequestClosed(admission: Admission) {
  return async (work: readonly ClosingWork[]): Promise<readonly boolean[]> => {
    await admission.settle(
      work.map(({ closing }) => closing),
      {
        onWait: () => work.forEach(({ delivery }) => delivery.working()),
        signal: work[0]?.delivery.signal,
      },
    );
    return work.map(() => true);
  };
}
