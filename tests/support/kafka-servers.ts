import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { readSchemaFiles, type SchemaName } from '@millrace/contracts';
import { createScratchFolder } from '@millrace/embedded';
import { kafkaSettings, openKafka } from '@millrace/kafka';
import { createLogger, readSettings, stopInReverse, type Stoppable } from '@millrace/runtime';
import {
  createTestCertificate,
  readTopicCommitted,
  startTestKafka,
  startTestRegistry,
  type SecuredListener,
  type TestCertificate,
  type TestKafka,
  type TestRegistry,
  type TopicReader,
} from '@millrace/testkit';
import type { Admin, Kafka, Producer } from 'kafkajs';
import { expect } from 'vitest';

/** An entry of the topics file. */
export type TopicsEntry = Readonly<Record<string, string | boolean>>;

/** A broker and a schema registry, with a client of an upstream system. */
export interface KafkaServers extends Stoppable {
  readonly broker: TestKafka;
  readonly registry: TestRegistry;
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  /** The registry's own client, by which upstream encodes. */
  readonly schemas: SchemaRegistry;
  /** What the services are told: where these are, and the topics file. */
  readonly env: Readonly<Record<string, string>>;
  /** @returns the id of the latest version of a published schema, registered under a subject */
  register(name: SchemaName, subject: string): Promise<number>;
  /** @returns the id of upstream's own schema of a request, with these fields, registered under a subject */
  registerTheirs(fields: readonly object[], subject: string): Promise<number>;
  /** How many records a topic has. */
  countRecords(topic: string): Promise<number>;
  /** Waits until a topic has so many records, and expects that it has no more. */
  expectRecords(topic: string, count: number): Promise<TopicReader['records']>;
}

export interface KafkaServersOptions {
  readonly entries: readonly TopicsEntry[];
  /** Made at the start: partitions by name. */
  readonly topics: Readonly<Record<string, number>>;
  /** Whether the services have to come by TLS and a user (SCRAM-SHA-512); the test itself does not. */
  readonly isSecured?: boolean;
}

const user = { username: 'millrace', password: 'secret of the test' } as const;
const refresh = { MILLRACE_KAFKA_TOPICS_REFRESH: '1s', MILLRACE_KAFKA_SESSION_TIMEOUT: '6s' } as const;
/** A broker that was killed leads its partitions again a while after it has said that it is started. */
const patient = { retries: 100, initialRetryTime: 100, maxRetryTime: 1_000 } as const;
const largestRecordBytes = 8 * 1024 * 1024;

export async function startKafkaServers({
  entries,
  topics,
  isSecured = false,
}: KafkaServersOptions): Promise<KafkaServers> {
  const parts: Stoppable[] = [];
  try {
    const certificate = isSecured ? await createTestCertificate() : undefined;
    if (certificate !== undefined) parts.push(certificate);
    const secured = certificate === undefined ? {} : { secured: await listenerOf(certificate) };
    const [broker, registry] = await Promise.all([startTestKafka(secured), startTestRegistry()]);
    parts.push(broker, registry);
    const folder = await createScratchFolder();
    parts.push(folder);
    const file = path.join(folder.path, 'topics.json');
    await writeFile(file, JSON.stringify({ topics: entries }));

    const where = { MILLRACE_KAFKA_BROKERS: broker.brokers };
    const kafka = await openKafka(
      readSettings(kafkaSettings, where),
      createLogger({ service: 'upstream', level: 'silent' }),
    );
    const admin = kafka.admin({ retry: patient });
    await admin.connect();
    parts.push({ stop: () => admin.disconnect() });
    await admin.createTopics({
      waitForLeaders: true,
      topics: Object.entries(topics).map(([topic, numPartitions]) => ({
        topic,
        numPartitions,
        configEntries: [{ name: 'max.message.bytes', value: String(largestRecordBytes) }],
      })),
    });
    const producer = kafka.producer({ allowAutoTopicCreation: false, retry: patient });
    await producer.connect();
    parts.push({ stop: () => producer.disconnect() });
    const schemas = new SchemaRegistry({ host: registry.url });
    const registerSchema = async (schema: unknown, subject: string): Promise<number> => {
      const { id } = await schemas.register(
        { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
        { subject },
      );
      return id;
    };
    return {
      broker,
      registry,
      kafka,
      admin,
      producer,
      schemas,
      env: {
        ...(certificate === undefined ? where : securedEnv(broker, certificate)),
        ...refresh,
        MILLRACE_KAFKA_TOPICS: file,
        MILLRACE_SCHEMA_REGISTRY_URL: registry.url,
      },
      register(name, subject) {
        const latest = readSchemaFiles().findLast((schema) => schema.name === name);
        return registerSchema(latest?.schema, subject);
      },
      registerTheirs: (fields, subject) =>
        registerSchema({ type: 'record', name: 'IntakeRequested', namespace: 'millrace', fields }, subject),
      async countRecords(topic) {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
      },
      async expectRecords(topic, count) {
        const reader = await readTopicCommitted(broker.brokers, [topic]);
        try {
          await expect.poll(() => reader.records.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(count);
          expect(reader.records).toHaveLength(count);
          return [...reader.records];
        } finally {
          await reader.stop();
        }
      },
      stop: () => stopInReverse(parts),
    };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

async function listenerOf({ cert, keyFile }: TestCertificate): Promise<SecuredListener> {
  return { ...user, certificate: cert, key: await readFile(keyFile, 'utf8') };
}

function securedEnv(
  { securedBrokers }: TestKafka,
  { certFile }: TestCertificate,
): Readonly<Record<string, string>> {
  return {
    MILLRACE_KAFKA_BROKERS: securedBrokers,
    MILLRACE_KAFKA_CA_FILE: certFile,
    MILLRACE_KAFKA_USER: user.username,
    MILLRACE_KAFKA_PASSWORD: user.password,
    MILLRACE_KAFKA_SASL_MECHANISM: 'scram-sha-512',
  };
}
