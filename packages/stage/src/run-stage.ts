import type { ConsumerDefinition } from '@millrace/contracts';
import type { Consumption, Delivery, PoisonReason } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import { poisonError, publishDeadLetter } from './dead-letter.ts';
import { decide } from './decide.ts';
import { endRequest, failureOf } from './ending.ts';
import { passOn } from './pass-on.ts';
import type { RequestEvent, RequestEventName } from './request-event.ts';
import { openResultLog, readResults } from './result-log.ts';
import type { StageDependencies } from './stage-dependencies.ts';

export interface StageOptions {
  /** Name of the service, for trails and dead letters. */
  readonly stage: string;
  readonly consumer: ConsumerDefinition;
  readonly eventName: RequestEventName;
  /** The model that the stage serves, for what can be passed on to another one. */
  readonly model?: string;
  readonly concurrency: number | (() => number);
  /** Deliveries after which a request is given up. */
  readonly maxDeliveries: number;
}

/** A delivered request event. */
export interface Work {
  readonly event: RequestEvent;
  readonly delivery: Delivery;
}

/**
 * Consumes the request events of one stage. The handler's return acks; see `Bus.consume` for what a throw does. What cannot be
 * decoded goes to the dead letters; what fails for good goes there too and is closed as failed.
 */
export async function runStage(
  dependencies: StageDependencies,
  options: StageOptions,
  handler: (work: Work) => Promise<void>,
): Promise<Consumption> {
  const { bus, codec } = dependencies;
  return bus.consume(
    options.consumer,
    {
      concurrency: options.concurrency,
      maxDeliveries: options.maxDeliveries,
      onPoison: (delivery, why) => giveUp(dependencies, options, delivery, why),
    },
    async (delivery) => handler({ event: codec.decode(options.eventName, delivery.payload), delivery }),
  );
}

/** The end of a message that cannot be processed: dead letter, then, if its request is known, the closing. */
export async function giveUp(
  dependencies: StageDependencies,
  options: Pick<StageOptions, 'stage' | 'eventName' | 'model'>,
  delivery: Delivery,
  why: PoisonReason,
): Promise<void> {
  const error = poisonError(delivery, why);
  const event = decodeIfPossible(dependencies, options.eventName, delivery);
  dependencies.logger.error(
    {
      err: error,
      stage: options.stage,
      stream: delivery.stream,
      sequence: delivery.sequence,
      requestId: event?.request_id,
    },
    'gave a message up',
  );
  const masked = await readMasked(dependencies, options, event);
  await publishDeadLetter(dependencies, options.stage, delivery, error, event, { masked });
  if (event === undefined) return;
  if (options.model !== undefined && event.fallbacks.length > 0) {
    const log = await openResultLog(dependencies, event);
    const request = { event, log, model: options.model, stage: options.stage };
    if (await passOn(dependencies, request, error.code)) return;
  }
  await endRequest(dependencies, event, {
    outcome: 'FAILED',
    failure: failureOf(error),
    decision: decide(dependencies.clock, options.stage, 'failed', {
      code: error.code,
      facts: { deliveries: String(delivery.deliveryCount) },
    }),
  });
}

/** What the scrubber has replaced: the results, which have it, are gone long before the letter. */
async function readMasked(
  dependencies: StageDependencies,
  { eventName }: Pick<StageOptions, 'eventName'>,
  event: RequestEvent | undefined,
): Promise<Uint8Array | undefined> {
  if (event === undefined || eventName !== 'request.scrubbed') return undefined;
  try {
    for await (const { record } of readResults(dependencies, event.request_id))
      if (record.kind === 'MASKED') return record.content ?? undefined;
  } catch (error) {
    // Results that cannot be read are no reason to keep a message that cannot be processed.
    if (!(error instanceof MillraceError) || error.retryable) throw error;
  }
  return undefined;
}

function decodeIfPossible(
  { codec }: StageDependencies,
  eventName: RequestEventName,
  delivery: Delivery,
): RequestEvent | undefined {
  try {
    return codec.decode(eventName, delivery.payload);
  } catch (error) {
    if (error instanceof MillraceError) return undefined;
    throw error;
  }
}
