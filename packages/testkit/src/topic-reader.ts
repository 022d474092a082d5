import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import { kafkaSettings, openKafka } from '@millrace/kafka';
import { createLogger, readSettings, type Stoppable } from '@millrace/runtime';

/** A record as somebody sees it who reads what was committed. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** Null where the key was removed. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TopicReader extends Stoppable {
  /** All that has come so far, by partition in order. */
  readonly records: readonly TopicRecord[];
}

const pollMs = 50;

/** Reads topics from their beginning on, read committed, until it is stopped. Waits until the topics are there. */
export async function readTopicCommitted(brokers: string, topics: readonly string[]): Promise<TopicReader> {
  const kafka = await openKafka(
    readSettings(kafkaSettings, { MILLRACE_KAFKA_BROKERS: brokers }),
    createLogger({ service: 'reader', level: 'silent' }),
  );
  await untilPresent(kafka, topics);
  const groupId = `test-${randomUUID()}`;
  const records: TopicRecord[] = [];
  /** Behind a rebalance the group begins anew, since it commits nothing: what it has seen already is no record more. */
  const seen = new Map<string, number>();
  let present: Consumer;
  const stopping = new AbortController();

  const open = async (): Promise<void> => {
    const consumer = kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      maxWaitTimeInMs: 50,
      // A broker may be away for long where everything is slow.
      retry: { retries: 100, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    present = consumer;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      // A broker that has just begun knows no coordinator of the group, which a consumer does not try again.
      if (!payload.restart && !stopping.signal.aborted) void reopen();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        const place = `${batch.topic}/${batch.partition}`;
        for (const { offset, key, value, headers = {} } of batch.messages) {
          if (Number(offset) <= (seen.get(place) ?? -1)) continue;
          seen.set(place, Number(offset));
          records.push({
            partition: batch.partition,
            offset: Number(offset),
            key: key?.toString() ?? '',
            value,
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, text]) => [name, text?.toString() ?? '']),
            ),
          });
        }
      },
    });
  };
  const reopen = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pause(pollMs);
      try {
        await open();
        return;
      } catch (error) {
        process.stderr.write(`a reader of ${topics.join()} begins again: ${String(error)}\n`);
      }
    }
  };
  await open();
  return {
    records,
    async stop() {
      stopping.abort();
      await present.disconnect();
    },
  };
}

async function untilPresent(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (;;) {
      const present = new Set(await admin.listTopics());
      if (topics.every((topic) => present.has(topic))) return;
      await pause(pollMs);
    }
  } finally {
    await admin.disconnect();
  }
}
