import { MillraceError } from '@millrace/runtime';
import {
  keepAlive,
  watchInterruptions,
  type Interruption,
  type RequestContent,
  type Work,
} from '@millrace/stage';
import type { ScrubbingDependencies } from './on-request-admitted.ts';
import type { Scrubbed, ScrubOptions } from './scrub.ts';

/**
 * Looks a request through; what takes longer ends with the request, and the broker is told meanwhile that work goes on.
 *
 * @throws `payload_too_large`, `content_blocked`, `pii_unavailable`, `cancelled`, `deadline_exceeded`; `unavailable` where it is handed back
 */
export async function scrubRequest(
  { clock, cancellations, scrubber, ackWaitMs }: ScrubbingDependencies,
  work: Work,
  content: RequestContent,
  options: ScrubOptions,
): Promise<Scrubbed> {
  const now = scrubber.scrubNow(content, options);
  if (now !== undefined) return now;
  const interruption = watchInterruptions(clock, cancellations, work);
  // The scrubber has a limit of its own.
  const alive = keepAlive(clock, work.delivery, ackWaitMs, () => clock.now());
  try {
    return await scrubber.scrub(content, options, interruption.signal);
  } catch (error) {
    throw explain(interruption) ?? error;
  } finally {
    await alive.stop();
    await interruption.stop();
  }
}

function explain({ reason }: Interruption): MillraceError | undefined {
  switch (reason?.kind) {
    case 'cancelled':
      return new MillraceError('cancelled', 'The request was cancelled.');
    case 'expired':
      return new MillraceError(
        'deadline_exceeded',
        'The request was past its deadline before it was looked through.',
      );
    case 'handed_back':
      return new MillraceError('unavailable', 'The request is handed back.', { retryable: true });
    case 'failed':
    case undefined:
      return undefined;
  }
}
