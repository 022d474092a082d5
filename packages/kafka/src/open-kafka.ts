import { readFile } from 'node:fs/promises';
import type { Kafka, KafkaConfig, SASLOptions } from 'kafkajs';
import { MillraceError, type Logger } from '@millrace/runtime';
import type { KafkaSettings } from './kafka-settings.ts';
import { repairRequestQueue } from './kafkajs-repairs.ts';

/** A broker that is away is asked again after 0.1 to 2 s, this often; callers go on from there. */
const retry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 } as const;

/**
 * The client; nothing is connected yet. Its library is loaded here, so that what only may use Kafka does not have it.
 *
 * @throws `config_invalid` when no brokers are set, settings exclude each other, or a file cannot be read
 */
export async function openKafka(settings: KafkaSettings, logger: Logger): Promise<Kafka> {
  const [client, { logInto }] = await Promise.all([import('kafkajs'), import('./kafka-log.ts')]);
  repairRequestQueue();
  const ssl = await tlsOf(settings);
  const sasl = saslOf(settings);
  const config: KafkaConfig = {
    brokers: brokersOf(settings),
    clientId: settings.kafkaClientId,
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry,
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
    ...logInto(logger),
  };
  return new client.Kafka(config);
}

function brokersOf({ kafkaBrokers = [] }: KafkaSettings): string[] {
  const wrong = kafkaBrokers.find((broker) => !/^[^\s:/]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/iu.test(broker));
  if (kafkaBrokers.length === 0 || wrong !== undefined)
    throw new MillraceError(
      'config_invalid',
      `MILLRACE_KAFKA_BROKERS has ${wrong === undefined ? 'no broker' : JSON.stringify(wrong)}: each must be host:port.`,
      { param: 'MILLRACE_KAFKA_BROKERS' },
    );
  return [...kafkaBrokers];
}

async function tlsOf({
  kafkaTls,
  kafkaCaFile,
  kafkaCertFile,
  kafkaKeyFile,
}: KafkaSettings): Promise<KafkaConfig['ssl']> {
  if ((kafkaCertFile === undefined) !== (kafkaKeyFile === undefined))
    throw new MillraceError(
      'config_invalid',
      'MILLRACE_KAFKA_CERT_FILE and MILLRACE_KAFKA_KEY_FILE go together: one of them is not set.',
      { param: kafkaCertFile === undefined ? 'MILLRACE_KAFKA_CERT_FILE' : 'MILLRACE_KAFKA_KEY_FILE' },
    );
  if (!kafkaTls && kafkaCaFile === undefined && kafkaCertFile === undefined) return undefined;
  return {
    ...(kafkaCaFile !== undefined && { ca: [await readPem(kafkaCaFile, 'MILLRACE_KAFKA_CA_FILE')] }),
    ...(kafkaCertFile !== undefined && { cert: await readPem(kafkaCertFile, 'MILLRACE_KAFKA_CERT_FILE') }),
    ...(kafkaKeyFile !== undefined && { key: await readPem(kafkaKeyFile, 'MILLRACE_KAFKA_KEY_FILE') }),
  };
}

async function readPem(path: string, param: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('config_invalid', `${param} is ${path}, which cannot be read.`, { param, cause });
  }
}

function saslOf({ kafkaMechanism, kafkaUser, kafkaPassword }: KafkaSettings): SASLOptions | undefined {
  if (kafkaUser === undefined && kafkaPassword === undefined) return undefined;
  if (kafkaUser === undefined || kafkaPassword === undefined)
    throw new MillraceError(
      'config_invalid',
      'MILLRACE_KAFKA_USER and MILLRACE_KAFKA_PASSWORD go together: one of them is not set.',
      { param: kafkaUser === undefined ? 'MILLRACE_KAFKA_USER' : 'MILLRACE_KAFKA_PASSWORD' },
    );
  const account = { username: kafkaUser, password: kafkaPassword.reveal() };
  switch (kafkaMechanism) {
    case 'plain':
      return { mechanism: 'plain', ...account };
    case 'scram-sha-256':
      return { mechanism: 'scram-sha-256', ...account };
    case 'scram-sha-512':
      return { mechanism: 'scram-sha-512', ...account };
  }
}
