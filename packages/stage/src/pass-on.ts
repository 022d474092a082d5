import { laneOf, subjects, type RequestScrubbed, type ResultChunk } from '@millrace/contracts';
import { decide } from './decide.ts';
import { withDecision } from './request-event.ts';
import type { RequestEvent } from './request-event.ts';
import type { ResultLog } from './result-log.ts';
import { resultRecord } from './result-record.ts';
import type { StageDependencies } from './stage-dependencies.ts';

type PassOnDependencies = Pick<StageDependencies, 'bus' | 'codec' | 'clock'>;

/** A request, and the model that a worker serves. */
export interface ServedRequest {
  readonly event: RequestEvent;
  readonly log: ResultLog;
  readonly model: string;
  /** Name of the service, for the trail. */
  readonly stage: string;
}

/** What a record says of who serves its request: nothing where it is the model that the request names. */
export function servedBy({ event, model }: Pick<ServedRequest, 'event' | 'model'>): string | null {
  return model === event.model ? null : model;
}

/**
 * Passes a request on to the next of its models, because this one cannot answer it: only where nothing of an answer is stored. That it is
 * passed on is a record of its log, stored before the next worker is told, so nobody takes it for his own again.
 *
 * @returns whether there was a next one
 * @throws `fenced` when another writer has taken the log over
 */
export async function passOn(
  dependencies: PassOnDependencies,
  request: ServedRequest,
  code: string,
): Promise<boolean> {
  const { event, log } = request;
  const [next] = event.fallbacks;
  if (next === undefined || hasAnswer(log.last)) return false;
  await log.append(
    resultRecord(event, {
      kind: 'REROUTED',
      at: dependencies.clock.now(),
      attempt: log.last?.attempt ?? 0,
      served_by: next,
    }),
  );
  await tellNext(dependencies, request, next, code);
  return true;
}

/**
 * Whether a delivered request is another model's by now. Where a crash came between the record of that and the word to the next worker,
 * it is told here.
 */
export async function isPassedOn(dependencies: PassOnDependencies, request: ServedRequest): Promise<boolean> {
  const { event, log, model } = request;
  const inCharge = log.last?.served_by ?? event.model;
  if (inCharge === model || !event.fallbacks.includes(inCharge)) return false;
  if (log.last?.kind === 'REROUTED') await tellNext(dependencies, request, inCharge);
  return true;
}

function hasAnswer(last: ResultChunk | undefined): boolean {
  return last?.kind === 'CHUNK' || last?.kind === 'FINISHED';
}

async function tellNext(
  { bus, codec, clock }: PassOnDependencies,
  { event, model, stage }: ServedRequest,
  next: string,
  code?: string,
): Promise<void> {
  const fallbacks = event.fallbacks.slice(event.fallbacks.indexOf(next) + 1);
  const decision = decide(clock, stage, 'rerouted', {
    ...(code === undefined ? {} : { code }),
    facts: { from: model, to: next },
  });
  const passedOn = withDecision({ ...event, fallbacks } as RequestScrubbed, decision);
  await bus.publish({
    subject: subjects.scrubbed(next, laneOf(event.priority, event.tenant)),
    payload: codec.encode('request.scrubbed', passedOn),
    messageId: `${event.request_id}:scrubbed:${next}`,
  });
}
