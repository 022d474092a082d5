import { randomUUID } from 'node:crypto';
import { Partitioners, type Kafka, type Producer, type TopicMessages } from 'kafkajs';
import { toMillraceError } from './kafka-errors.ts';
import type { MirroredRecord } from './mirrored-record.ts';
import { readState, type MirrorState, type StatePlace } from './read-state.ts';

/** Writes the records of a mirror, as its one owner. */
export interface MirrorWriter {
  /** What the owner before has left in the state topic. */
  readonly state: MirrorState;
  /**
   * Writes records and what is remembered of them in one transaction. After a throw it is open whether it was committed, and this writer is
   * of no more use: the next one reads it from the state.
   *
   * @param state values of the state topic by key; null removes one
   * @throws `fenced`, `payload_too_large`, `unavailable`
   */
  write(records: readonly MirroredRecord[], state: ReadonlyMap<string, Uint8Array | null>): Promise<void>;
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly kafka: Kafka;
  /** Names the transactional id: the same in all replicas, so that the latest one fences those before it. */
  readonly mirror: string;
  readonly place: StatePlace;
}

/** A transaction that its owner has left open holds up those who read committed for this long, or until the next owner has begun. */
const transactionTimeoutMs = 30_000;

/**
 * Takes over the transactional id of a mirror, which ends what another owner has left open and fences it, and reads the state.
 *
 * @throws `fenced`, `unavailable`, the signal's reason
 */
export async function openMirrorWriter(
  { kafka, mirror, place }: WriterOptions,
  signal: AbortSignal,
): Promise<MirrorWriter> {
  const producer = kafka.producer({
    transactionalId: `millrace-mirrors-${mirror}`,
    transactionTimeout: transactionTimeoutMs,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: steadyPartitioner,
    // Transactions that follow each other closely are told to try again.
    retry: { retries: 10, initialRetryTime: 10, maxRetryTime: 1_000 },
  });
  const close = (): Promise<void> => producer.disconnect();
  try {
    await producer.connect();
    const mark = { key: `${mirror}/owner`, value: randomUUID() };
    await inTransaction(producer, [
      { topic: place.topic, messages: [{ ...mark, partition: place.partition }] },
    ]);
    const state = await readState(kafka, place, mark, signal);
    return {
      state,
      async write(records, changes) {
        try {
          await inTransaction(producer, [...messagesOf(records), stateMessages(place, changes)]);
        } catch (error) {
          throw toMillraceError(error, `Writing to Kafka for the mirror ${mirror}`);
        }
      },
      close,
    };
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw toMillraceError(error, `Taking over the mirror ${mirror} at Kafka`);
  }
}

/**
 * kafkajs adds partitions, sends and commits, each awaited. It does not try a commit again, and can't go on behind one that failed:
 * the caller opens another producer then.
 */
async function inTransaction(producer: Producer, topicMessages: TopicMessages[]): Promise<void> {
  const transaction = await producer.transaction();
  await transaction.sendBatch({ topicMessages, acks: -1 });
  await transaction.commit();
}

function messagesOf(records: readonly MirroredRecord[]): TopicMessages[] {
  const byTopic = Map.groupBy(records, ({ topic }) => topic);
  return Array.from(byTopic, ([topic, all]) => ({
    topic,
    messages: all.map(({ key, value, headers, timestamp }) => ({
      key,
      value: value === null ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      headers: { ...headers },
      timestamp: String(timestamp),
    })),
  }));
}

function stateMessages(
  { topic, partition }: StatePlace,
  changes: ReadonlyMap<string, Uint8Array | null>,
): TopicMessages {
  return {
    topic,
    messages: Array.from(changes, ([key, value]) => ({
      key,
      value: value === null ? null : Buffer.from(value),
      partition,
    })),
  };
}

/**
 * The partitions of Java's client (murmur2 of the key), by the number of partitions that a topic had at first: kafkajs asks again with
 * each try of a batch, and a record that went to another partition by then would be there twice.
 */
function steadyPartitioner(): ReturnType<typeof Partitioners.DefaultPartitioner> {
  const partition = Partitioners.DefaultPartitioner();
  const counts = new Map<string, number>();
  return ({ topic, partitionMetadata, message }) => {
    const count = counts.get(topic) ?? partitionMetadata.length;
    counts.set(topic, count);
    return partition({ topic, message, partitionMetadata: partitionMetadata.slice(0, count) });
  };
}
