import type { SchemaName } from './generated/events.ts';

/** A topic of Kafka that Millrace writes: which events, under which key. Names and events are fixed, like subjects. */
export interface TopicDefinition {
  readonly name: string;
  readonly events: readonly SchemaName[];
  readonly key: 'tenant' | 'model';
  /** Compacted: the last record of a key is what is. Otherwise each record is an event, and they go with their age. */
  readonly compacted: boolean;
}

export const topics = {
  requests: {
    name: 'millrace.requests.v1',
    events: ['request.closed'],
    key: 'tenant',
    compacted: false,
  },
  billing: {
    name: 'millrace.billing.v1',
    events: ['billing.charged', 'billing.adjusted'],
    key: 'tenant',
    compacted: false,
  },
  audit: { name: 'millrace.audit.v1', events: ['audit.recorded'], key: 'tenant', compacted: false },
  prices: { name: 'millrace.prices.v1', events: ['price.published'], key: 'model', compacted: true },
  models: { name: 'millrace.models.v1', events: ['model.ready'], key: 'model', compacted: true },
  tenants: { name: 'millrace.tenants.v1', events: ['tenant.described'], key: 'tenant', compacted: true },
} as const satisfies Readonly<Record<string, TopicDefinition>>;

/** Where the mirrors write how far they are, in the transactions of what they mirror. Nobody else's. */
export const mirrorStateTopic = 'millrace.mirrors.state.v1';

/**
 * The subject of an event at a schema registry. A topic of one event has the usual `<topic>-value` (TopicNameStrategy); one of several
 * has a subject for each (TopicRecordNameStrategy), since their schemas are not versions of each other.
 *
 * @param recordName full name of the Avro record, such as `millrace.BillingCharged`
 */
export function registrySubject({ name, events }: TopicDefinition, recordName: string): string {
  return events.length === 1 ? `${name}-value` : `${name}-${recordName}`;
}
