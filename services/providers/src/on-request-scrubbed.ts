import type { Finished } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import {
  attemptMarker,
  closeAsFinished,
  createChunkWriter,
  decide,
  failureOf,
  finishAndClose,
  isClosed,
  isPassedOn,
  keepAlive,
  logEndHeader,
  openContent,
  openResultLog,
  passOn,
  sealContent,
  servedBy,
  watchInterruptions,
  type Cancellations,
  type Ending,
  type Interruption,
  type ResultLog,
  type StageDependencies,
  type Work,
} from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import { ProviderAnswer } from './answer.ts';
import { answerLimits } from './answer-limits.ts';
import { failed } from './failed.ts';
import type { Provider, ProviderModel } from './provider.ts';
import { readDispatched } from './read-dispatched.ts';
import type { Upstream } from './upstream.ts';
import { callOf, type UpstreamCall } from './upstream-call.ts';

export interface ProviderContext extends StageDependencies {
  readonly provider: Pick<Provider, 'name'>;
  readonly model: ProviderModel;
  readonly upstream: Upstream;
  readonly cancellations: Cancellations;
  readonly ackWaitMs: number;
}

const stage = 'providers';

/**
 * Sends one request to its provider and the answer back. That it was sent is stored first: after a crash behind that it is not paid for
 * twice, but fails with what is known of its usage. Where the provider fails before it has begun to answer, the next model gets it.
 */
export function onRequestScrubbed(context: ProviderContext) {
  return async (work: Work): Promise<void> => {
    const { event, delivery } = work;
    const mayBeClosed = delivery.deliveryCount > 1 || context.clock.now() >= event.deadline_at;
    if (mayBeClosed && (await isClosed(context, event))) return;
    const knownEnd = delivery.deliveryCount === 1 ? logEndHeader.read(delivery.headers) : undefined;
    const [log, box] = await Promise.all([
      openResultLog(context, event, knownEnd),
      context.sealing.forUser(event.tenant, event.principal.user_id),
    ]);
    if (log.last?.finished) {
      await closeAsFinished(context, event, log.last);
      return;
    }
    if (await isPassedOn(context, { event, log, model: context.model.name, stage })) return;
    const interruption = watchInterruptions(context.clock, context.cancellations, work);
    // Time limits of its own end what does not get on.
    const alive = keepAlive(context.clock, delivery, context.ackWaitMs, () => context.clock.now());
    try {
      // What another model has begun was passed on to this one.
      const isDispatched = log.last?.kind === 'ATTEMPT' || log.last?.kind === 'CHUNK';
      if (isDispatched) await failDispatched(context, work, log, box);
      else await dispatch(context, work, log, box, interruption);
    } finally {
      await alive.stop();
      await interruption.stop();
    }
  };
}

/** A worker has died over it. */
async function failDispatched(
  context: ProviderContext,
  { event, delivery }: Work,
  log: ResultLog,
  box: SealingBox,
): Promise<void> {
  const answer = await readDispatched(context, box, event, delivery.signal);
  const failure = failed('the process that waited for its answer ended', { retryable: true });
  await close(context, event, log, box, answer, 'FAILED', failure);
}

async function dispatch(
  context: ProviderContext,
  { event }: Work,
  log: ResultLog,
  box: SealingBox,
  interruption: Interruption,
): Promise<void> {
  const { clock, model, upstream } = context;
  const content = openContent(box, event.request_id, 'request', event.content);
  const answer = new ProviderAnswer(event.parameters.n, answerLimits(event, content));
  let call: UpstreamCall;
  try {
    call = callOf(event, content, model);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'unsupported_value') throw error;
    if (await passOn(context, { event, log, model: model.name, stage }, error.code)) return;
    await close(context, event, log, box, answer, 'REJECTED', error);
    return;
  }
  const attempt = (log.last?.attempt ?? 0) + 1;
  const marked = servedBy({ event, model: model.name });
  await log.append(
    attemptMarker(event, { attempt, choice: 0, firstPosition: 0, at: clock.now(), servedBy: marked }),
  );
  const writer = createChunkWriter({
    log,
    box,
    clock,
    request: event,
    attempt,
    servedBy: marked,
    firstPositions: Array.from({ length: event.parameters.n }, () => 0),
    onFailure: (error) => interruption.fail(error),
  });
  const dispatchedAt = clock.now();
  const timingsOf = (): Pick<Ending, 'timings'> => ({
    timings: {
      queue_ms: Math.max(0, dispatchedAt - event.received_at),
      prefill_ms: 0,
      time_to_first_token_ms:
        writer.firstStoredAt === undefined ? null : Math.max(0, writer.firstStoredAt - event.received_at),
      total_ms: Math.max(0, clock.now() - event.received_at),
    },
  });
  try {
    await answer.passOn(await upstream.ask(call, interruption.signal), writer);
    await writer.flush();
    await close(context, event, log, box, answer, 'COMPLETED', undefined, timingsOf());
  } catch (error) {
    const { outcome, failure } = endOf(interruption, error);
    await writer.flush();
    const isUntouched = interruption.reason === undefined && !answer.hasBegun;
    const served = { event, log, model: model.name, stage };
    if (isUntouched && failure !== undefined && (await passOn(context, served, failure.code))) return;
    await close(context, event, log, box, answer, outcome, failure, timingsOf());
  }
}

/** @throws what leaves the request to another worker: its log is no longer ours, or cannot be written */
function endOf(
  { reason }: Interruption,
  error: unknown,
): { readonly outcome: Finished['outcome']; readonly failure: MillraceError | undefined } {
  switch (reason?.kind) {
    case 'cancelled':
      return { outcome: 'CANCELLED', failure: undefined };
    case 'expired':
      return {
        outcome: 'EXPIRED',
        failure: new MillraceError(
          'deadline_exceeded',
          'The answer was not finished before the deadline of the request.',
        ),
      };
    case 'failed':
      throw reason.error;
    case 'handed_back':
      return {
        outcome: 'FAILED',
        failure: failed('the process that waited for its answer was stopped', { retryable: true }),
      };
    case undefined:
      if (error instanceof MillraceError && error.code === 'provider_failed')
        return { outcome: 'FAILED', failure: error };
      throw error;
  }
}

async function close(
  context: ProviderContext,
  event: Work['event'],
  log: ResultLog,
  box: SealingBox,
  answer: ProviderAnswer,
  outcome: Finished['outcome'],
  failure: MillraceError | undefined,
  timings: Pick<Ending, 'timings'> = {},
): Promise<void> {
  const { clock, provider, model } = context;
  const { finishReasons } = answer.collected;
  const reasons = finishReasons.map((reason) => reason ?? (outcome === 'CANCELLED' ? 'cancelled' : 'stop'));
  const { hasBegun } = answer;
  const isWhole = outcome === 'COMPLETED' || outcome === 'CANCELLED';
  await finishAndClose(context, event, log, {
    outcome,
    attempt: log.last?.attempt ?? 1,
    servedBy: servedBy({ event, model: model.name }),
    modelVersion: model.upstream,
    ...(hasBegun ? { usage: answer.usageOf(event) } : {}),
    ...timings,
    ...(isWhole
      ? { finishReason: mainReason(reasons), finishReasons: reasons.length > 1 ? reasons : [] }
      : {}),
    ...(failure === undefined ? {} : { failure: failureOf(failure) }),
    ...(hasBegun ? { textDigest: sealContent(box, event.request_id, 'digest', answer.digest()) } : {}),
    decision: decide(clock, stage, outcome.toLowerCase(), {
      ...(failure === undefined ? {} : { code: failure.code }),
      facts: { provider: provider.name, model: model.name, upstream: model.upstream },
    }),
  });
}

function mainReason(reasons: readonly string[]): string {
  return ['cancelled', 'length'].find((reason) => reasons.includes(reason)) ?? reasons[0] ?? 'stop';
}
