import { afterEach, describe, expect, it } from 'vitest';
import { createTestCertificate } from '../certificate.ts';
import { kafkaIsHere, startTestKafka } from './kafka-broker.ts';
import { startTestRegistry } from './schema-registry.ts';
import { readFile } from 'node:fs/promises';
import { Kafka, logLevel } from 'kafkajs';

describe.skipIf(!kafkaIsHere)('the Java servers of the tests', () => {
  const started: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const server of started.splice(0).toReversed()) await server.stop();
  });

  it('a broker that was killed comes back with its topics and records on the same port', async () => {
    const kafka = await startTestKafka();
    started.push(kafka);
    const client = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 2 }], waitForLeaders: true });
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: 'kept', messages: [{ key: 'a', value: 'one' }] });

    await kafka.kill();
    await kafka.start();

    const offsets = await admin.fetchTopicOffsets('kept');
    expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(1);
    await producer.disconnect();
    await admin.disconnect();
  });

  it('the secured listener takes its user by PLAIN and SCRAM over TLS, and nobody else', async () => {
    const certificate = await createTestCertificate();
    started.push(certificate);
    const user = { username: 'millrace', password: 'secret-of-the-test' };
    const kafka = await startTestKafka({
      secured: {
        ...user,
        certificate: certificate.cert,
        key: await readFile(certificate.keyFile, 'utf8'),
      },
    });
    started.push(kafka);
    const listTopics = async (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', password: string) => {
      const admin = new Kafka({
        brokers: [kafka.securedBrokers],
        ssl: { ca: [certificate.cert] },
        sasl: { mechanism, username: user.username, password } as never,
        retry: { retries: 0 },
        logLevel: logLevel.NOTHING,
      }).admin();
      try {
        await admin.connect();
        return await admin.listTopics();
      } finally {
        await admin.disconnect();
      }
    };
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const)
      expect(await listTopics(mechanism, user.password)).toEqual([]);
    await expect(listTopics('plain', 'another')).rejects.toThrow(/SASL PLAIN authentication failed/u);
  });

  it('a registry that was killed comes back with its schemas', async () => {
    const registry = await startTestRegistry();
    started.push(registry);
    const register = async (): Promise<unknown> => {
      const response = await fetch(`${registry.url}/subjects/test-value/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema: '{"type":"record","name":"T","fields":[]}' }),
      });
      return response.json();
    };
    const first = await register();
    expect(first).toEqual({ id: expect.any(Number) });

    await registry.kill();
    await registry.start();

    expect(await register()).toEqual(first);
  });
});
