import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type { Stoppable } from '@millrace/runtime';

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
  const kafka = new Kafka({
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 100 },
  });
  await untilPresent(kafka, topics);
  const consumer = kafka.consumer({
    groupId: `test-${randomUUID()}`,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    maxWaitTimeInMs: 50,
  });
  const records: TopicRecord[] = [];
  /** Behind a rebalance the group begins anew, since it commits nothing: what it has seen already is no record more. */
  const seen = new Map<string, number>();
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
  return { records, stop: () => consumer.disconnect() };
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
