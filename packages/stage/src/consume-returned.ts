import type { Consumption } from '@millrace/bus';
import type { LetterReturned } from '@millrace/contracts';
import { MillraceError } from '@millrace/runtime';
import type { ClosingWork } from './consume-closings.ts';
import { consumeEvents, type EventsOptions, type EventWork } from './consume-events.ts';
import type { StageDependencies } from './stage-dependencies.ts';

type Handler<Work> = (work: readonly Work[]) => Promise<readonly boolean[]>;

/** What a stage does with what it had given up: the same as with what comes for the first time. */
export interface ReturnedHandlers {
  readonly closings?: Handler<ClosingWork>;
  readonly acts?: Handler<EventWork<'act.performed'>>;
}

/**
 * Consumes dead letters that were handed back to their stage. Each is worked on as if it were delivered once more by the stream that it was in;
 * what fails too often is a dead letter again.
 */
export async function consumeReturned(
  dependencies: StageDependencies,
  options: EventsOptions,
  { closings, acts }: ReturnedHandlers,
): Promise<Consumption> {
  const { codec } = dependencies;
  const workOn = ({ event, delivery }: EventWork<'letter.returned'>): Promise<readonly boolean[]> => {
    const { payload } = event;
    const message = { ...delivery, payload, ...placeOf(event) };
    if (event.stream === 'CLOSED' && closings !== undefined) {
      const closing = codec.decode('request.closed', payload);
      return closings([{ closing, delivery: { ...message, storedAt: closing.closed_at } }]);
    }
    if (event.stream === 'ACTS' && acts !== undefined) {
      const act = codec.decode('act.performed', payload);
      return acts([{ event: act, delivery: { ...message, storedAt: act.at } }]);
    }
    throw new MillraceError('poison_message', `What lay in ${event.stream} is not for ${options.stage}.`);
  };
  return consumeEvents(dependencies, 'letter.returned', { ...options, maxBatch: 1 }, async (work) => {
    const [one] = work;
    return one === undefined ? [] : workOn(one);
  });
}

/** Where it was, so that whoever recorded it then knows it again. */
function placeOf({ stream, subject, sequence }: LetterReturned) {
  return { stream, subject, sequence };
}
