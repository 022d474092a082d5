import { subjects, type RequestClosed } from '@millrace/contracts';
import { MillraceError, type Stoppable } from '@millrace/runtime';
import {
  decide,
  endRequest,
  failureOf,
  readProgress,
  startLoop,
  withDecision,
  type StageDependencies,
} from '@millrace/stage';
import type { Admission, OpenClaim } from './admission.ts';

export interface ReaperGrace {
  /** How long after its deadline a request may still end by itself. */
  readonly graceMs: number;
  /** The same for one of which nothing has been generated: most likely no worker has it. */
  readonly waitingGraceMs: number;
}

export interface ReaperOptions extends ReaperGrace {
  readonly intervalMs: number;
}

const stage = 'auth-quota';
const maxPerRound = 100;

/**
 * Ends requests that are open past deadline and grace as expired, charged for what was published; one whose results are finished
 * already is closed as they say. Only one replica at a time is at it.
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
      reaped.inc(await reapOnce(dependencies, admission, options));
    },
  );
}

/** One round. @returns how many overdue requests were ended; 0 also while another replica is at it */
export async function reapOnce(
  dependencies: StageDependencies,
  admission: Admission,
  { graceMs, waitingGraceMs }: ReaperGrace,
): Promise<number> {
  const now = dependencies.clock.now();
  let ended = 0;
  await admission.withOverdue(now - Math.min(graceMs, waitingGraceMs), maxPerRound, async (claims) => {
    const closings = await Promise.all(
      claims.map((claim) => closeOverdue(dependencies, claim, now - graceMs)),
    );
    const present = closings.filter((closing) => closing !== undefined);
    // The settlement does this too. Should a closing have passed it by, the claim would otherwise stay open for ever.
    await admission.settle(present);
    ended = present.length;
  });
  return ended;
}

/**
 * @param before of those that have been begun, only ones whose deadline was before this
 * @returns the closing that stands; undefined where the request may still end by itself
 */
async function closeOverdue(
  dependencies: StageDependencies,
  claim: OpenClaim,
  before: number,
): Promise<RequestClosed | undefined> {
  const { bus, codec, clock } = dependencies;
  const received = codec.decode('request.received', claim.event);
  const progress = await readProgress(dependencies, received.request_id);
  if (progress.hasBegun && received.deadline_at >= before) return undefined;
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
