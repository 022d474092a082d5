import type { RequestClosed } from '@millrace/contracts';
import type { Consumption, Delivery } from '@millrace/bus';
import { consumeEvents, type EventsOptions } from './consume-events.ts';
import type { StageDependencies } from './stage-dependencies.ts';

/** A delivered closing. */
export interface ClosingWork {
  readonly closing: RequestClosed;
  readonly delivery: Delivery;
}

/** Consumes request.closed in batches: see `consumeEvents`. */
export async function consumeClosings(
  dependencies: StageDependencies,
  options: EventsOptions,
  handler: (work: readonly ClosingWork[]) => Promise<readonly boolean[]>,
): Promise<Consumption> {
  return consumeEvents(dependencies, 'request.closed', options, (work) =>
    handler(work.map(({ event, delivery }) => ({ closing: event, delivery }))),
  );
}
