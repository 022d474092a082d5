import type { StoredMessage } from '@millrace/bus';
import { fromSubjectToken, requestIdOf, type Codec } from '@millrace/contracts';
import { writeWireFormat, type AnswerRoute, type SchemaRegistry, type Topics } from '@millrace/kafka';
import type { MirroredRecord } from './mirrored-record.ts';
import { headersOf } from './record-headers.ts';
import type { StreamSource } from './stream-mirror.ts';

/** Of answers, which somebody waits for. */
const pollMs = 20;

const header = {
  kind: 'Millrace-Kind',
  number: 'Millrace-Number',
  correlationId: 'Millrace-Correlation-Id',
  contentType: 'Content-Type',
} as const;
/** What the record of the request had, repeated on its answers. */
const sourceHeader = 'Millrace-Source-';
const never = new AbortController().signal;

/**
 * Answers, to the topics that the file of the topics names for their queue: those of queues without one are on NATS alone. The schema is
 * registered under `<topic>-value`.
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
    const [, , tenant = '', queue = ''] = subject.split('.').map(fromSubjectToken);
    const topic = topicOf(routes.answerRoute(tenant, queue), kind);
    if (topic === undefined) return undefined;
    const requestId = requestIdOf(subject);
    return {
      topic,
      key: headers[`${sourceHeader}Key`] ?? headers[header.correlationId] ?? requestId,
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
  };
}

function topicOf(route: AnswerRoute | undefined, kind: string): string | undefined {
  return kind === 'CHUNK' ? route?.chunks : route?.answers;
}

/** Header names of Kafka records are in lower case here, and those of the request are named for what they are. */
function answerHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of [header.correlationId, header.number, header.contentType]) {
    const value = headers[name];
    if (value !== undefined) found[name.toLowerCase()] = value;
  }
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith(sourceHeader)) found[name.toLowerCase()] = value;
  return found;
}

function isSingleObject(payload: Uint8Array): boolean {
  return payload[0] === 0xc3 && payload[1] === 0x01;
}
