import { subjects, type RequestClosed } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import {
  decide,
  endRequest,
  failureOf,
  startLoop,
  withDecision,
  type StageDependencies,
} from '@millrace/stage';
import type { Admission, OpenClaim } from './admission.ts';

export interface ReaperOptions {
  /** How long after its deadline a request may still end by itself. */
  readonly graceMs: number;
  readonly intervalMs: number;
}

const stage = 'auth-quota';
const maxPerRound = 100;

/**
 * Ends requests that are open past deadline and grace as expired; one whose results are finished already is closed as they
 * say. Only one replica at a time is at it.
 */
export function startReaper(
  dependencies: StageDependencies,
  admission: Admission,
  options: ReaperOptions,
): Stoppable {
  const { clock, logger, metrics } = dependencies;
  const reaped = metrics.counter({
    name: 'millrace_reaped_requests_total',
    help: 'Requests that were open past deadline and grace.',
  });
  return startLoop(
    {
      clock,
      intervalMs: options.intervalMs,
      onError: (error) =>
        logger.warn({ error, stage }, 'overdue requests could not be ended and will be tried again'),
    },
    async () => {
      reaped.inc(await reapOnce(dependencies, admission, options.graceMs));
    },
  );
}

/** One round. @returns how many overdue requests were ended; 0 also while another replica is at it */
export function reapOnce(
  dependencies: StageDependencies,
  admission: Admission,
  graceMs: number,
): Promise<number> {
  return admission.withOverdue(dependencies.clock.now() - graceMs, maxPerRound, async (claims) => {
    const closings = await Promise.all(claims.map((claim) => closeOverdue(dependencies, claim)));
    // The settlement does this too. Should a closing have passed it by, the claim would otherwise stay open for ever.
    await admission.settle(closings);
  });
}

/** @returns the closing that stands */
async function closeOverdue(dependencies: StageDependencies, claim: OpenClaim): Promise<RequestClosed> {
  const { bus, codec, clock } = dependencies;
  const received = codec.decode('request.received', claim.event);
  const request = withDecision(received, { ...decide(clock, stage, claim.decision), at: claim.decidedAt });
  await endRequest(dependencies, request, {
    outcome: 'EXPIRED',
    failure: failureOf(
      new MillraceError('deadline_exceeded', 'The request was not finished before its deadline.'),
    ),
    decision: decide(clock, stage, 'expired', { code: 'deadline_exceeded' }),
  });
  const stored = await bus.lastMessage('CLOSED', subjects.closed(request.tenant, request.request_id));
  if (stored === undefined)
    throw new MillraceError('unavailable', 'A closing is not there after it was published.');
  return codec.decode('request.closed', stored.payload);
}
