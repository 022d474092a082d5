import type { StoredMessage } from '@millrace/bus';
import {
  fromSubjectToken,
  requestIdOf,
  topics,
  type AuditRecorded,
  type BillingAdjusted,
  type BillingCharged,
  type Codec,
  type TopicDefinition,
} from '@millrace/contracts';
import type { Frame } from './frame.ts';
import type { StreamSource } from './stream-mirror.ts';
import { headersOf } from './record-headers.ts';

/** Of the mirrors of events: what comes often gathers for so long, and lies in one transaction then. */
const pollMs = 200;

/** The streams that analysts read, as topics. Nothing in them is opened: what is sealed stays so. */
export function eventSources(codec: Codec, frame: Frame): readonly StreamSource[] {
  const source = (
    name: string,
    stream: string,
    filter: string,
    topic: TopicDefinition,
    requestIdIn: (message: StoredMessage) => string | null,
  ): StreamSource => ({
    name,
    stream,
    filter,
    pollMs,
    topics: () => [topic],
    async toRecord(message) {
      const { name: event, version } = codec.writerOf(message.payload);
      return {
        topic: topic.name,
        // All of a tenant lies in one partition, in the order of the stream: its ledger and its chain can be followed.
        key: tenantOf(message),
        value: await frame(message.payload, topic),
        headers: headersOf(message, { event: `${event}.v${version}`, requestId: requestIdIn(message) }),
        timestamp: message.storedAt,
      };
    },
  });
  return [
    source('requests', 'CLOSED', 'mr.request.closed.*.*', topics.requests, ({ subject }) =>
      requestIdOf(subject),
    ),
    source('billing', 'BILLING', 'mr.billing.*.*', topics.billing, ({ payload }) => {
      const { request_id: requestId } = codec.decodeAny(payload).value as BillingCharged | BillingAdjusted;
      return requestId;
    }),
    source('audit', 'AUDIT', 'mr.audit.recorded.*', topics.audit, ({ payload }) => {
      const { kind, subject_id: id } = codec.decode('audit.recorded', payload) satisfies AuditRecorded;
      return kind === 'request.closed' ? id : null;
    }),
  ];
}

/** `mr.request.closed.<tenant>.…`, `mr.billing.charged.<tenant>`, `mr.audit.recorded.<tenant>`. */
function tenantOf({ subject }: StoredMessage): string {
  return fromSubjectToken(subject.split('.')[3] ?? '');
}
