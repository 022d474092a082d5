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

export interface Reaper extends Stoppable {
  /** One round. @returns how many overdue requests it looked after */
  run(): Promise<number>;
}

const stage = 'auth-quota';
const maxPerRound = 100;
const windowsKeptMs = 60 * 60_000;

/**
 * Ends requests that are open past deadline and grace as expired; one whose results are finished already is closed as they
 * say. Only one replica at a time is at it.
 */
export function startReaper(
  dependencies: StageDependencies,
  admission: Admission,
  options: ReaperOptions,
): Reaper {
  const { clock, logger, metrics } = dependencies;
  const reaped = metrics.counter({
    name: 'millrace_reaped_requests_total',
    help: 'Requests that were open past deadline and grace.',
  });

  const run = () =>
    admission.withOverdue(clock.now() - options.graceMs, maxPerRound, async (claims) => {
      const closings = await Promise.all(claims.map((claim) => closeOverdue(dependencies, claim)));
      // The settlement does this too. Should a closing have passed it by, the claim would otherwise stay open for ever.
      await admission.settle(closings);
      reaped.inc(claims.length);
    });

  const loop = startLoop(
    {
      clock,
      intervalMs: options.intervalMs,
      onError: (error) =>
        logger.warn({ error, stage }, 'overdue requests could not be ended and will be tried again'),
    },
    async () => {
      await run();
      await admission.forgetWindows(clock.now() - windowsKeptMs);
    },
  );
  return { run, stop: () => loop.stop() };
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
