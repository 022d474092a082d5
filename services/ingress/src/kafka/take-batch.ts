import type { Bus } from '@millrace/bus';
import type { RequestTopic } from '@millrace/kafka';
import { MillraceError, type Logger } from '@millrace/runtime';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { KafkaSourceMetrics } from './kafka-source-metrics.ts';
import type { PausedPartitions } from './paused-partitions.ts';
import type { RecordPlace } from './record-place.ts';
import type { Transcoder } from './transcode-record.ts';

export interface TakeBatchDependencies {
  readonly bus: Pick<Bus, 'publish'>;
  readonly logger: Logger;
  readonly metrics: KafkaSourceMetrics;
  readonly transcoder: Transcoder;
  readonly cluster: string;
  readonly topicOf: (topic: string) => RequestTopic | undefined;
  /** Stores a dead letter and, where its sender is known, an error as the answer. */
  readonly putAside: (bad: BadRecord) => Promise<void>;
  readonly paused: Pick<PausedPartitions, 'pause' | 'taken'>;
  readonly signal: AbortSignal;
}

export interface BadRecord {
  readonly topic: RequestTopic;
  readonly place: RecordPlace;
  readonly record: KafkaMessage;
  readonly error: MillraceError;
}

/** Records that are on their way into INTAKE at once, of one partition. */
const atOnce = 256;
/** A broker that does not ack for so long is away: the partition waits, and the group hears of this member meanwhile. */
const retryForMs = 2_000;

/**
 * Takes the records of one partition into INTAKE. An offset is committed once JetStream has acked all records up to it. Where INTAKE is
 * full, or NATS or the schema registry is away, the partition is paused: nothing is kept in memory, and it is read again from there.
 */
export async function takeBatch(
  dependencies: TakeBatchDependencies,
  payload: EachBatchPayload,
): Promise<void> {
  const { batch } = payload;
  const topic = dependencies.topicOf(batch.topic);
  if (topic === undefined) return;
  const place = { cluster: dependencies.cluster, topic: batch.topic, partition: batch.partition };
  dependencies.metrics.lag(place, Number(batch.offsetLag()));
  for (let from = 0; from < batch.messages.length; from += atOnce) {
    if (!payload.isRunning() || payload.isStale() || dependencies.signal.aborted) return;
    const records = batch.messages.slice(from, from + atOnce);
    const { done, why } = await takeRecords(dependencies, topic, place, records);
    const last = records[done - 1];
    if (last !== undefined) await commit(payload, last);
    if (why !== undefined) {
      if (!dependencies.signal.aborted) dependencies.paused.pause(place, payload.pause(), why);
      return;
    }
    dependencies.paused.taken(place);
    await payload.heartbeat();
  }
}

/** @returns how many records from the first one are taken, and why no more are */
async function takeRecords(
  dependencies: TakeBatchDependencies,
  topic: RequestTopic,
  place: RecordPlace,
  records: readonly KafkaMessage[],
): Promise<{ readonly done: number; readonly why: MillraceError | undefined }> {
  const failures = new Map<KafkaMessage, MillraceError>();
  const take = async (record: KafkaMessage): Promise<void> => {
    try {
      await takeRecord(dependencies, topic, place, record);
    } catch (error) {
      failures.set(record, MillraceError.from(error));
    }
  };
  if (topic.orderedByKey) {
    // Of one key, one after the other, and nothing behind one that has failed.
    await Promise.all(
      [...byKey(records).values()].map(async (sameKey) => {
        for (const record of sameKey) {
          await take(record);
          if (failures.has(record)) return;
        }
      }),
    );
  } else {
    await Promise.all(records.map(take));
  }
  const at = records.findIndex((record) => failures.has(record));
  const first = records[at];
  return first === undefined
    ? { done: records.length, why: undefined }
    : { done: at, why: failures.get(first) };
}

function byKey(records: readonly KafkaMessage[]): Map<string, KafkaMessage[]> {
  return Map.groupBy(records, ({ key, offset }) => (key === null ? `@${offset}` : key.toString('base64')));
}

/** @throws when it has to be tried again */
async function takeRecord(
  { bus, metrics, transcoder, putAside, signal }: TakeBatchDependencies,
  topic: RequestTopic,
  place: RecordPlace,
  record: KafkaMessage,
): Promise<void> {
  const reject = async (error: MillraceError): Promise<void> => {
    await putAside({ topic, place, record, error });
    metrics.record(place, 'rejected');
  };
  let message;
  try {
    message = await transcoder.message(topic, place, record, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const error = MillraceError.from(cause);
    if (error.retryable) throw error;
    await reject(error);
    return;
  }
  try {
    await bus.publish(message, { retryForMs, signal });
  } catch (cause) {
    if (!isTooLarge(cause)) throw cause;
    await reject(
      new MillraceError('payload_too_large', 'The record is larger than NATS takes a message.', { cause }),
    );
    return;
  }
  metrics.record(place, 'taken');
}

function isTooLarge(error: unknown): boolean {
  if (error instanceof MillraceError) return error.code === 'payload_too_large';
  return error instanceof Error && 'code' in error && error.code === 'MAX_PAYLOAD_EXCEEDED';
}

async function commit(payload: EachBatchPayload, { offset }: KafkaMessage): Promise<void> {
  payload.resolveOffset(offset);
  const { batch } = payload;
  const { topic, partition } = batch;
  const isWhole = offset === batch.messages.at(-1)?.offset;
  // Behind the last record there may be marks of transactions, which the last offset of the batch includes.
  const next = BigInt(isWhole ? batch.lastOffset() : offset) + 1n;
  await payload.commitOffsetsIfNecessary({
    topics: [{ topic, partitions: [{ partition, offset: next.toString() }] }],
  });
}
