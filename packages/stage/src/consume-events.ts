import type { ConsumerDefinition, EventTypes, SchemaName } from '@millrace/contracts';
import type { Consumption, Delivery, PoisonReason } from '@millrace/bus';
import { MillraceError } from '@millrace/runtime';
import { poisonError, publishDeadLetter } from './dead-letter.ts';
import type { StageDependencies } from './stage-dependencies.ts';

export interface EventsOptions {
  /** Name of the service, for dead letters. */
  readonly stage: string;
  readonly consumer: ConsumerDefinition;
  readonly maxBatch: number;
  /** Deliveries after which an event is put among the dead letters. */
  readonly maxDeliveries: number;
  /** Least time between two batches, where each costs more than what is in it. By default 0. */
  readonly minIntervalMs?: number;
}

/** A delivered event. */
export interface EventWork<Name extends SchemaName> {
  readonly event: EventTypes[Name];
  readonly delivery: Delivery;
}

/**
 * Consumes events of one kind in batches. The handler answers for each: true acks, false naks; a throw naks all.
 * What cannot be decoded goes to the dead letters and does not hold up the rest of its batch.
 */
export async function consumeEvents<Name extends SchemaName>(
  dependencies: StageDependencies,
  name: Name,
  options: EventsOptions,
  handler: (work: readonly EventWork<Name>[]) => Promise<readonly boolean[]>,
): Promise<Consumption> {
  const deadLetter = async (delivery: Delivery, why: PoisonReason): Promise<void> => {
    const error = poisonError(delivery, why);
    const { stage } = options;
    dependencies.logger.error(
      { error, stage, stream: delivery.stream, sequence: delivery.sequence },
      `gave a ${name} up`,
    );
    await publishDeadLetter(dependencies, stage, delivery, error);
  };
  return dependencies.bus.consumeBatches(
    options.consumer,
    {
      maxBatch: options.maxBatch,
      maxDeliveries: options.maxDeliveries,
      minIntervalMs: options.minIntervalMs ?? 0,
      onPoison: deadLetter,
      backoffMs: patientBackoffMs,
    },
    async (deliveries) => {
      const answers = new Map<Delivery, boolean>();
      const work: EventWork<Name>[] = [];
      for (const delivery of deliveries) {
        try {
          work.push({ delivery, event: dependencies.codec.decode(name, delivery.payload) });
        } catch (error) {
          if (!(error instanceof MillraceError) || error.retryable) throw error;
          await deadLetter(delivery, { kind: 'error', error });
          answers.set(delivery, true);
        }
      }
      const worked = work.length === 0 ? [] : await handler(work);
      for (const [index, { delivery }] of work.entries()) answers.set(delivery, worked[index] ?? false);
      return deliveries.map((delivery) => answers.get(delivery) ?? false);
    },
  );
}

/** What is consumed so is a charge or a proof: it is tried for minutes before it is put aside. */
function patientBackoffMs(deliveryCount: number): number {
  return Math.min(30_000, 250 * 2 ** Math.min(deliveryCount, 10));
}
