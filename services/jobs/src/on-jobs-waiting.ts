import { subjects } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';

/** Looks for work as soon as someone says that there may be some. Nothing depends on it: it only saves waiting. */
export function onJobsWaiting({ bus }: Pick<StageDependencies, 'bus'>, wake: () => void): Promise<Stoppable> {
  return bus.subscribe(subjects.jobsWaiting, wake);
}
