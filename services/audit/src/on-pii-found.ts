import type { EventWork } from '@millrace/stage';
import type { RecordEntries } from './chains.ts';

/**
 * Has what was found in an answer recorded: how much of which type, and what was done with it, no values. It is found when the request is closed, and so
 * recorded, already. What was found in a request stands in the trail of its closing.
 */
export function onPiiFound(
  record: RecordEntries,
): (work: readonly EventWork<'pii.found'>[]) => Promise<readonly boolean[]> {
  return async (work) => {
    const inAnswers = work.filter(({ event }) => event.direction === 'OUTPUT');
    const recorded = await record(
      inAnswers.map(({ event, delivery }) => ({
        tenant: event.tenant,
        kind: 'pii.found',
        subject_id: event.request_id,
        occurred_at: event.at,
        charge: null,
        delivery,
        // It may be told twice.
        since: Math.min(delivery.storedAt, event.at),
        signal: delivery.signal,
      })),
    );
    const isRecorded = new Map(inAnswers.map((each, index) => [each, recorded[index] ?? false]));
    return work.map((each) => isRecorded.get(each) ?? true);
  };
}
