import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogger, Secret } from '@millrace/runtime';
import { createTestCertificate, kafkaIsHere, startTestKafka, type TestKafka } from '@millrace/testkit';
import type { TestCertificate } from '@millrace/testkit';
import type { KafkaSettings } from './kafka-settings.ts';
import { openKafka } from './open-kafka.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const settings: KafkaSettings = {
  kafkaBrokers: ['127.0.0.1:9092'],
  kafkaClientId: 'millrace',
  kafkaTls: false,
  kafkaCaFile: undefined,
  kafkaCertFile: undefined,
  kafkaKeyFile: undefined,
  kafkaMechanism: 'scram-sha-512',
  kafkaUser: undefined,
  kafkaPassword: undefined,
};

describe('the settings of Kafka', () => {
  it.each<[Partial<KafkaSettings>, RegExp]>([
    [{ kafkaBrokers: [] }, /MILLRACE_KAFKA_BROKERS has no broker/u],
    [
      { kafkaBrokers: ['kafka://host:9092'] },
      /MILLRACE_KAFKA_BROKERS has "kafka:\/\/host:9092": each must be host:port/u,
    ],
    [{ kafkaUser: 'u' }, /MILLRACE_KAFKA_USER and MILLRACE_KAFKA_PASSWORD go together/u],
    [{ kafkaCertFile: '/x' }, /MILLRACE_KAFKA_CERT_FILE and MILLRACE_KAFKA_KEY_FILE go together/u],
    [{ kafkaCaFile: '/not/there.pem' }, /MILLRACE_KAFKA_CA_FILE is \/not\/there\.pem, which cannot be read/u],
  ])('%o is refused', async (wrong, message) => {
    await expect(openKafka({ ...settings, ...wrong }, logger)).rejects.toThrow(message);
  });
});

describe.skipIf(!kafkaIsHere)('a broker with TLS and users', () => {
  const password = 'secret of the test';
  let certificate: TestCertificate;
  let kafka: TestKafka;

  beforeAll(async () => {
    certificate = await createTestCertificate();
    const key = await readFile(certificate.keyFile, 'utf8');
    kafka = await startTestKafka({
      secured: { username: 'millrace', password, certificate: certificate.cert, key },
    });
  });
  afterAll(async () => {
    await kafka?.stop();
    await certificate?.stop();
  });

  const topicsFor = async (more: Partial<KafkaSettings>): Promise<string[]> => {
    const client = await openKafka(
      { ...settings, kafkaBrokers: [kafka.securedBrokers], kafkaCaFile: certificate.certFile, ...more },
      logger,
    );
    const admin = client.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      return await admin.listTopics();
    } finally {
      await admin.disconnect();
    }
  };

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('takes its user by %s', async (mechanism) => {
    const user = {
      kafkaMechanism: mechanism,
      kafkaUser: 'millrace',
      kafkaPassword: new Secret(password),
    };
    await expect(topicsFor(user)).resolves.toEqual([]);
    await expect(topicsFor({ ...user, kafkaPassword: new Secret('wrong') })).rejects.toThrow(
      /authentication failed|Authentication failed/u,
    );
  });

  it('is not trusted without its CA', async () => {
    await expect(topicsFor({ kafkaCaFile: undefined, kafkaTls: true })).rejects.toThrow(
      /self-signed certificate/u,
    );
  });

  it('an idle connection does not turn the event loop', async () => {
    const client = await openKafka({ ...settings, kafkaBrokers: [kafka.brokers] }, logger);
    const admin = client.admin();
    await admin.connect();
    await admin.listTopics();
    const { promise: later, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 200);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    try {
      await admin.listTopics();
      await later;
      expect(timers.mock.calls.length).toBeLessThan(20);
    } finally {
      timers.mockRestore();
      await admin.disconnect();
    }
  });
});
