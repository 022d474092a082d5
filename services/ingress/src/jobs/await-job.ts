import type { WholeJob } from '@millrace/jobs';
import type { Clock } from '@millrace/runtime';
import type { Kept } from './jobs-access.ts';
import { readDuration } from './read-duration.ts';

const longestWaitMs = 60_000;
/** Notices may be lost. */
const recheckMs = 2_000;

/** @throws `invalid_value` */
export function waitOf(text: string | undefined): number {
  return text === undefined ? 0 : readDuration('wait', text, { minMs: 0, maxMs: longestWaitMs });
}

export interface AwaitOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly until?: (found: WholeJob) => boolean;
}

/**
 * Waits until a job has ended, or what else is waited for, as long as it may.
 *
 * @param find looks for it
 * @returns where it stands then; undefined where there is none
 * @throws the signal's reason
 */
export async function awaitJob(
  { kept, clock }: { readonly kept: Pick<Kept, 'onJobChanged'>; readonly clock: Clock },
  jobId: string,
  find: () => Promise<WholeJob | undefined>,
  { waitMs, signal, until = isOver }: AwaitOptions,
): Promise<WholeJob | undefined> {
  const untilMs = clock.monotonicMs() + waitMs;
  let changed = new AbortController();
  const subscription = await kept.onJobChanged(jobId, () => changed.abort());
  try {
    for (;;) {
      changed = new AbortController();
      const found = await find();
      const leftMs = untilMs - clock.monotonicMs();
      if (found === undefined || isOver(found) || until(found) || leftMs <= 0) return found;
      const pause = AbortSignal.any([changed.signal, signal]);
      try {
        await clock.sleep(Math.min(leftMs, recheckMs), pause);
      } catch (error) {
        if (!pause.aborted) throw error;
      }
      signal.throwIfAborted();
    }
  } finally {
    await subscription.stop();
  }
}

export function isOver({ job }: WholeJob): boolean {
  return job.status !== 'queued' && job.status !== 'running';
}
