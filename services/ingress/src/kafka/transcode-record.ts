import { crc32 } from 'node:zlib';
import type { OutgoingMessage } from '@millrace/bus';
import { subjects, type Codec, type IntakeRequested } from '@millrace/contracts';
import { contentTypes, intakeHeaders, sourceHeaderPrefix } from '@millrace/intake';
import {
  createWireTranslator,
  type RequestTopic,
  type SchemaRegistry,
  type WireTranslator,
} from '@millrace/kafka';
import { MillraceError } from '@millrace/runtime';
import type { KafkaMessage } from 'kafkajs';
import { lineOf, readRecordHeaders } from './record-headers.ts';
import { placeOf, timeOf, type RecordPlace } from './record-place.ts';

/** Requests with one key run one after the other in one of so many lanes; more lanes, more requests at once. */
export const lanes = 16;

/** A record is refused that could not be stored in INTAKE: nats-server takes 4 MiB, headers included. */
export const mostRecordBytes = 3 * 1024 * 1024;

/** What a request says itself, as far as the topic has a default for it. */
type Said = Partial<Pick<IntakeRequested, 'correlation_id' | 'priority' | 'deadline_at' | 'timeout_ms'>>;

export interface Transcoder {
  /**
   * The message of INTAKE that a record becomes.
   *
   * @throws `unavailable` when the schema registry is away: try again; any other MillraceError when the record is bad, also
   *   where its headers are
   */
  message(
    topic: RequestTopic,
    place: RecordPlace,
    record: KafkaMessage,
    signal: AbortSignal,
  ): Promise<OutgoingMessage>;
  /** The headers with which a bad record is answered and put aside: all of its own, where they can be read. */
  headersOfBad(topic: RequestTopic, place: RecordPlace, record: KafkaMessage): Record<string, string>;
}

/** @param registry undefined where all topics are in JSON */
export function createTranscoder(codec: Codec, registry: SchemaRegistry | undefined): Transcoder {
  const translate: WireTranslator =
    registry === undefined
      ? async () => {
          throw new MillraceError('internal_error', 'A topic in Avro needs a schema registry.');
        }
      : createWireTranslator(codec, registry, 'intake.requested');

  const payloadOf = async (
    { format }: RequestTopic,
    value: Buffer,
    signal: AbortSignal,
  ): Promise<{ readonly payload: Uint8Array; readonly said: Said }> => {
    if (format === 'json') return { payload: value, said: readJson(value) };
    const payload = await translate(value, signal);
    return { payload, said: codec.decode('intake.requested', payload) };
  };

  return {
    async message(topic, place, record, signal) {
      const own = readRecordHeaders(record.headers);
      const value = valueOf(record);
      const { payload, said } = await payloadOf(topic, value, signal);
      const lane =
        topic.orderedByKey && record.key !== null && record.key.length > 0
          ? crc32(record.key) % lanes
          : undefined;
      return {
        subject: subjects.intake(topic.tenant, topic.queue, lane),
        payload,
        messageId: `${placeOf(place, record)}@${record.timestamp}`,
        headers: {
          ...placeHeaders(topic, place, record),
          ...defaults(topic, record, own, said),
          ...own,
          [intakeHeaders.contentType]: contentTypes[topic.format],
        },
      };
    },
    headersOfBad(topic, place, record) {
      const own = readable(record);
      return {
        ...placeHeaders(topic, place, record),
        ...inChunks(topic),
        ...correlation(record, own),
        ...own,
      };
    },
  };
}

function valueOf({ value }: KafkaMessage): Buffer {
  if (value === null)
    throw new MillraceError('missing_value', 'The record has no value: a tombstone is no request.');
  if (value.length > mostRecordBytes)
    throw new MillraceError(
      'payload_too_large',
      `The record has ${value.length} bytes, ${mostRecordBytes} are allowed.`,
    );
  return value;
}

/** Only looks for what the topic has defaults for; the whole is checked by whoever answers the request. */
function readJson(value: Buffer): Said {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (cause) {
    throw new MillraceError('invalid_json', 'The record is not JSON.', { cause });
  }
  throw new MillraceError('invalid_value', 'The record must be a JSON object.');
}

function placeHeaders(
  { answersFormat }: RequestTopic,
  place: RecordPlace,
  record: KafkaMessage,
): Record<string, string> {
  return {
    [intakeHeaders.transport]: 'KAFKA',
    [intakeHeaders.place]: placeOf(place, record),
    [intakeHeaders.placeTime]: String(timeOf(record)),
    [intakeHeaders.answerFormat]: answersFormat,
    [`${sourceHeaderPrefix}Topic`]: place.topic,
    [`${sourceHeaderPrefix}Partition`]: String(place.partition),
    [`${sourceHeaderPrefix}Offset`]: record.offset,
    ...(record.key !== null && { [`${sourceHeaderPrefix}Key`]: record.key.toString('base64') }),
  };
}

/** What the topic says of requests that do not say it themselves, and the key as the correlation id of those that have none. */
function defaults(
  topic: RequestTopic,
  record: KafkaMessage,
  own: Readonly<Record<string, string>>,
  said: Said,
): Record<string, string> {
  const { priority, deadlineMs } = topic;
  const hasDeadline = isSaid(said.deadline_at) || isSaid(said.timeout_ms);
  return {
    ...(isSaid(said.correlation_id) ? {} : correlation(record, own)),
    ...(priority !== undefined && !isSaid(said.priority) && { [intakeHeaders.priority]: priority }),
    ...(deadlineMs !== undefined &&
      !hasDeadline && { [intakeHeaders.deadline]: new Date(timeOf(record) + deadlineMs).toISOString() }),
    ...inChunks(topic),
  };
}

function inChunks({ answersInChunks }: RequestTopic): Record<string, string> {
  return answersInChunks ? { [intakeHeaders.answer]: 'chunks' } : {};
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** By the header, else by the key where that is a short text. */
function correlation({ key }: KafkaMessage, own: Readonly<Record<string, string>>): Record<string, string> {
  const id = own[intakeHeaders.correlationId] ?? (key === null ? undefined : lineOf(key));
  return id === undefined || id.length === 0 || id.length > 255 ? {} : { [intakeHeaders.correlationId]: id };
}

function readable(record: KafkaMessage): Record<string, string> {
  try {
    return readRecordHeaders(record.headers);
  } catch {
    // It is bad for this very reason; the key still says whose request it is.
    return {};
  }
}
