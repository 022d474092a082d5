import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScratchFolder } from '@millrace/embedded';
import { kafkaSettings, openKafka } from '@millrace/kafka';
import { createLogger, readSettings } from '@millrace/runtime';
import type { Kafka } from 'kafkajs';
import { startEmbeddedChild } from '../pipeline/start-embedded-child.ts';
import { measureRoundTrips, type RoundTrips } from './round-trips.ts';

const partitions = 6;
const requestTopics = { requests: 'bench.requests', answers: 'bench.answers' } as const;
const echoTopics = { requests: 'echo.requests', answers: 'echo.answers' } as const;

export function clientOf(brokers: string): Promise<Kafka> {
  const settings = readSettings(kafkaSettings, { MILLRACE_KAFKA_BROKERS: brokers });
  return openKafka(settings, createLogger({ service: 'bench', level: 'silent' }));
}

/** What Kafka and its client take by themselves: each record goes from one topic to the other as it is. */
export async function measureEcho(brokers: string, count: number): Promise<RoundTrips> {
  const kafka = await clientOf(brokers);
  await makeTopics(kafka, Object.values(echoTopics));
  const consumer = kafka.consumer({ groupId: 'echo', maxWaitTimeInMs: 50 });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [echoTopics.requests], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch: { messages } }) =>
      void (await producer.send({
        topic: echoTopics.answers,
        messages: messages.map(({ key, value }) => ({ key, value })),
      })),
  });
  try {
    return await measureRoundTrips(kafka, echoTopics, count);
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

/** From a record with a request to the record with its answer, through everything that `npm start` runs. */
export async function measureRequests(brokers: string, count: number): Promise<RoundTrips> {
  const kafka = await clientOf(brokers);
  await makeTopics(kafka, Object.values(requestTopics));
  const folder = await createScratchFolder();
  try {
    await mkdir(folder.path, { recursive: true });
    const file = path.join(folder.path, 'topics.json');
    const entry = { pattern: requestTopics.requests, tenant: 'bench', queue: 'bench', format: 'json' };
    await writeFile(file, JSON.stringify({ topics: [{ ...entry, answers: requestTopics.answers }] }));
    const embedded = await startEmbeddedChild(folder.path, {
      MILLRACE_ENGINE: 'instant',
      MILLRACE_MODEL_MANIFEST: fileURLToPath(new URL('../pipeline/instant-models.json', import.meta.url)),
      MILLRACE_ANSWER_CACHE: '0',
      MILLRACE_LOG_LEVEL: 'warn',
      MILLRACE_KAFKA_BROKERS: brokers,
      MILLRACE_KAFKA_TOPICS: file,
      MILLRACE_INTAKE_QUEUE_CONCURRENCY: '256',
    });
    try {
      return await measureRoundTrips(kafka, requestTopics, count);
    } finally {
      await embedded.stop();
    }
  } finally {
    await folder.stop();
  }
}

async function makeTopics(kafka: Kafka, names: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: names.map((topic) => ({ topic, numPartitions: partitions })),
  });
  await admin.disconnect();
}
