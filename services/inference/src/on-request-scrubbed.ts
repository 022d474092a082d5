import { AnswerRecorder, type AnswerCache, type Miss } from '@millrace/answer-cache';
import type { Delivery } from '@millrace/bus';
import {
  type Cancellations,
  closeAsFinished,
  decide,
  failureOf,
  finishAndClose,
  type Interruption,
  isClosed,
  isPassedOn,
  keepAlive,
  logEndHeader,
  openContent,
  openResultLog,
  passOn,
  type RequestContent,
  type ResultLog,
  sealContent,
  servedBy,
  type StageDependencies,
  watchInterruptions,
  type Work,
} from '@millrace/stage';
import type { SealingBox } from '@millrace/sealing';
import { answer, type Answer, type AnswerWork } from './answer.ts';
import { answerFromCache } from './answer-from-cache.ts';
import type { InferenceMetrics } from './metrics.ts';
import { isRefusal } from './prepare.ts';
import type { ServedModel } from './served-model.ts';
import { takeUp, type TakenUp } from './take-up.ts';
import type { Suspects } from './suspects.ts';
import type { WaitingRoom } from './waiting-room.ts';

export interface InferenceContext extends StageDependencies {
  readonly model: ServedModel;
  readonly cancellations: Cancellations;
  readonly engineMetrics: InferenceMetrics;
  readonly ackWaitMs: number;
  /** Requests that may have killed a worker, until they have got somewhere. */
  readonly suspects: Suspects;
  readonly waitingRoom: WaitingRoom;
  readonly answerCache: AnswerCache;
  /** Attempts one after the other that may get nowhere before the request is given up. */
  readonly maxAttempts: number;
}

const stage = 'inference';

/**
 * Generates the answer of one request once it has a place, going on behind what earlier attempts have published, and closes the
 * request. One whose answer is in the cache needs no place.
 */
export function onRequestScrubbed(context: InferenceContext) {
  return async (work: Work): Promise<void> => {
    const { event, delivery } = work;
    const mayBeClosed = delivery.deliveryCount > 1 || context.clock.now() >= event.deadline_at;
    if (mayBeClosed && (await isClosed(context, event))) return;
    const [log, box] = await Promise.all([
      openResultLog(context, event, knownEnd(delivery)),
      context.sealing.forUser(event.tenant, event.principal.user_id),
    ]);
    if (log.last?.finished) {
      await closeAsFinished(context, event, log.last);
      return;
    }
    if (await isPassedOn(context, { event, log, model: context.model.name, stage })) return;
    const interruption = watchInterruptions(context.clock, context.cancellations, work);
    const alive = keepAlive(context.clock, delivery, context.ackWaitMs, () => context.model.lastProgressAt);
    let leave: (() => void) | undefined;
    let takenUp: TakenUp | undefined;
    let miss: Miss | undefined;
    try {
      const cached = await answerFromCache(context, work, log, box, interruption.signal);
      if (cached === 'answered') return;
      miss = cached;
      leave = await context.waitingRoom.enter(event, interruption.signal);
      delivery.signal.throwIfAborted();
      takenUp = await takeUp(context, work, log, box, interruption);
      const content = openContent(box, event.request_id, 'request', event.content);
      await generateAndClose(context, event, log, box, content, takenUp, interruption, miss);
    } finally {
      miss?.release();
      takenUp?.settle();
      leave?.();
      await alive.stop();
      await interruption.stop();
    }
  };
}

/** What was delivered before may have been worked on, so its log is looked at. */
function knownEnd({ deliveryCount, headers }: Delivery): number | undefined {
  return deliveryCount === 1 ? logEndHeader.read(headers) : undefined;
}

async function generateAndClose(
  context: InferenceContext,
  event: Work['event'],
  log: ResultLog,
  box: SealingBox,
  content: RequestContent,
  takenUp: TakenUp,
  interruption: Interruption,
  miss: Miss | undefined,
): Promise<void> {
  const work = await prepareOrReject(context, event, log, content, takenUp, interruption.signal);
  if (work === undefined) return;
  const recorder = miss === undefined ? undefined : new AnswerRecorder();
  const result = await answer({ context, event, log, box, interruption, takenUp, recorder }, work);
  await close(context, event, log, box, takenUp.attempt, result);
  if (recorder === undefined || result.outcome !== 'COMPLETED') return;
  const { finishReason, finishReasons, usage, digest } = result;
  miss?.keep({
    requestId: event.request_id,
    chunks: recorder.chunks,
    finishReason,
    finishReasons,
    usage,
    digest,
  });
}

/** What is done for the request; one that the model cannot answer is passed on, or closed. */
async function prepareOrReject(
  context: InferenceContext,
  event: Work['event'],
  log: ResultLog,
  content: RequestContent,
  { published }: TakenUp,
  signal: AbortSignal,
): Promise<AnswerWork | undefined> {
  try {
    return await context.model.prepare(event, content, signal);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { name: model } = context.model;
    const isUntouched = published.firstAt === undefined;
    if (isUntouched && (await passOn(context, { event, log, model, stage }, error.code))) return undefined;
    const decision = decide(context.clock, stage, 'rejected', { code: error.code });
    await finishAndClose(context, event, log, { outcome: 'REJECTED', failure: failureOf(error), decision });
    context.engineMetrics.refused(context.model.name, 'REJECTED', error.code);
    return undefined;
  }
}

async function close(
  context: InferenceContext,
  event: Work['event'],
  log: ResultLog,
  box: SealingBox,
  attempt: number,
  result: Answer,
): Promise<void> {
  const { outcome, usage, timings, finishReason, finishReasons, failure } = result;
  const { model } = context;
  await finishAndClose(context, event, log, {
    outcome,
    attempt,
    usage,
    timings,
    finishReason,
    finishReasons,
    modelVersion: model.version,
    servedBy: servedBy({ event, model: model.name }),
    textDigest: sealContent(box, event.request_id, 'digest', result.digest),
    ...(failure === undefined ? {} : { failure: failureOf(failure) }),
    decision: decide(context.clock, stage, outcome.toLowerCase(), {
      ...(failure === undefined ? {} : { code: failure.code }),
      facts: {
        model: model.name,
        model_version: model.version,
        attempt: String(attempt),
        finish_reason: finishReason,
        ...(finishReasons.length > 0 ? { choices: String(finishReasons.length) } : {}),
      },
    }),
  });
  context.engineMetrics.finished(model.name, {
    outcome,
    finishReason: failure?.code ?? finishReason,
    usage,
    timings,
  });
}
