import type { EventWork } from '@millrace/stage';
import type { RecordEntries } from './chains.ts';

/** Has each administrative act recorded, once: an act that was stored twice has the same id and time. */
export function onActPerformed(
  record: RecordEntries,
): (work: readonly EventWork<'act.performed'>[]) => Promise<readonly boolean[]> {
  return (work) =>
    record(
      work.map(({ event, delivery }) => ({
        tenant: event.tenant,
        kind: 'act.performed',
        subject_id: event.act_id,
        occurred_at: event.at,
        charge: null,
        delivery,
        since: Math.min(delivery.storedAt, event.at),
        signal: delivery.signal,
      })),
    );
}
