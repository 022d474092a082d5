import type { StoredMessage } from '@millrace/bus';
import {
  emptyAnswer,
  fromSubjectToken,
  requestIdOf,
  type AnswerGiven,
  type Codec,
} from '@millrace/contracts';
import { writeWireFormat, type AnswerRoute, type SchemaRegistry, type Topics } from '@millrace/kafka';
import type { MirroredRecord } from './mirrored-record.ts';
import { headersOf } from './record-headers.ts';
import type { StreamSource } from './stream-mirror.ts';

/** Of answers, which somebody waits for. */
const pollMs = 20;

/** Of the messages of ANSWERS. */
const header = {
  kind: 'Millrace-Kind',
  number: 'Millrace-Number',
  correlationId: 'Millrace-Correlation-Id',
  contentType: 'Content-Type',
} as const;
/** What the record of the request had, repeated on its answers. */
const sourceHeader = 'Millrace-Source-';
const sourceKey = `${sourceHeader}Key`;
const json = 'application/json';
const never = new AbortController().signal;

/**
 * Answers, to the topics that the file of the topics names for their queue; those of other queues are on NATS alone. A record has the key
 * of the request's record, so that the answers to one key are in one partition. The schema is registered under `<topic>-value`.
 */
export function answerSource(
  codec: Codec,
  registry: SchemaRegistry | undefined,
  routes: Pick<Topics, 'answerRoute' | 'answerTopics'>,
): StreamSource {
  const valueOf = async (topic: string, payload: Uint8Array): Promise<Uint8Array> => {
    if (!isSingleObject(payload) || registry === undefined) return payload;
    const { schema, bodyOffset } = codec.writerOf(payload);
    const schemaId = await registry.idOf(`${topic}-value`, schema, never);
    return writeWireFormat({ schemaId, body: payload.subarray(bodyOffset) });
  };
  const recordOf = async (
    message: StoredMessage,
    payload: Uint8Array,
    kind: string,
  ): Promise<MirroredRecord | undefined> => {
    const { subject, headers, storedAt } = message;
    const { tenant, queue, requestId } = placeOf(subject);
    // By the subject, which the server holds to the tenant, and never by a header, which anybody may write.
    const topic = topicOf(routes.answerRoute(tenant, queue), kind);
    if (topic === undefined) return undefined;
    return {
      topic,
      key: keyOf(headers) ?? requestId,
      value: await valueOf(topic, payload),
      headers: {
        ...headersOf(message, { event: 'answer.given', requestId }),
        ...answerHeaders(headers),
        'millrace-kind': kind,
      },
      timestamp: storedAt,
    };
  };
  return {
    name: 'answers',
    stream: 'ANSWERS',
    filter: 'mr.answers.*.*.*',
    pollMs,
    topics: () => routes.answerTopics.map((name) => ({ name, compacted: false })),
    toRecord: (message) => recordOf(message, message.payload, message.headers[header.kind] ?? 'ANSWER'),
    async instead(message) {
      if (message.headers[header.kind] === 'CHUNK') return undefined;
      const failed = tooLarge(message);
      const isJson = message.headers[header.contentType] === json;
      const payload = isJson ? Buffer.from(JSON.stringify(failed)) : codec.encode('answer.given', failed);
      return recordOf(message, payload, failed.kind);
    },
  };
}

function placeOf(subject: string): {
  readonly tenant: string;
  readonly queue: string;
  readonly requestId: string;
} {
  const [, , tenant = '', queue = ''] = subject.split('.');
  return {
    tenant: fromSubjectToken(tenant),
    queue: fromSubjectToken(queue),
    requestId: requestIdOf(subject),
  };
}

function topicOf(route: AnswerRoute | undefined, kind: string): string | undefined {
  return kind === 'CHUNK' ? route?.chunks : route?.answers;
}

/** The key of the request's record, in base64 there; else what its sender calls the request. */
function keyOf(headers: StoredMessage['headers']): string | Buffer | undefined {
  const key = headers[sourceKey];
  return key === undefined ? headers[header.correlationId] : Buffer.from(key, 'base64');
}

/** In lower case: names of headers in Kafka are compared letter by letter. */
function answerHeaders(headers: StoredMessage['headers']): Readonly<Record<string, string>> {
  const passed = Object.entries(headers).filter(
    ([name]) =>
      name === header.correlationId ||
      name === header.number ||
      name === header.contentType ||
      (name.startsWith(sourceHeader) && name !== sourceKey),
  );
  return Object.fromEntries(passed.map(([name, value]) => [name.toLowerCase(), value]));
}

/** What whoever waits is told when the broker does not take the answer. */
function tooLarge({ subject, headers, storedAt, payload }: StoredMessage): AnswerGiven {
  const { tenant, queue, requestId } = placeOf(subject);
  return {
    ...emptyAnswer,
    request_id: requestId,
    correlation_id: headers[header.correlationId] ?? null,
    tenant,
    queue,
    transport: 'KAFKA',
    kind: 'ERROR',
    number: Number(headers[header.number] ?? 0),
    requested_at: storedAt,
    at: storedAt,
    operation: null,
    failure: {
      code: 'payload_too_large',
      message: `The answer has ${payload.byteLength} bytes, more than the topic takes (max.message.bytes). It is on NATS.`,
      param: null,
      retryable: false,
      retry_after_ms: null,
    },
    replay_of: null,
    metadata: {},
  };
}

function isSingleObject(payload: Uint8Array): boolean {
  return payload[0] === 0xc3 && payload[1] === 0x01;
}
