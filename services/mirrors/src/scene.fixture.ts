import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, createCodec, streamDefinitions, type Codec } from '@millrace/contracts';
import {
  createLogger,
  createMetrics,
  readSettings,
  stopInReverse,
  systemClock,
  type Metrics,
  type Stoppable,
} from '@millrace/runtime';
import type { Service } from '@millrace/stage';
import { openDatabase, type Database } from '@millrace/store';
import {
  startTestDatabase,
  startTestKafka,
  startTestNats,
  type TestDatabase,
  type TestKafka,
  type TestNats,
} from '@millrace/testkit';
import { kafkaSettings, openKafka } from '@millrace/kafka';
import type { Kafka } from 'kafkajs';
import { mirrorsSettings } from './config.ts';
import { startMirrors } from './service.ts';

/** A replica of the service in this process, with connections of its own. */
export interface Replica extends Stoppable {
  readonly service: Service;
  readonly metrics: Metrics;
  /** The value of one sample, such as `millrace_mirror_owner{mirror="audit"}`. */
  sample(name: string): Promise<number | undefined>;
}

export interface Scene extends Stoppable {
  readonly nats: TestNats;
  readonly kafka: TestKafka;
  readonly databaseServer: TestDatabase;
  readonly bus: Bus;
  readonly codec: Codec;
  readonly database: Database;
  /** @param env over the settings that reach the servers of the scene */
  start(env?: Readonly<Record<string, string>>): Promise<Replica>;
}

const logger = createLogger({
  service: 'mirrors',
  level: process.env['TEST_LOG'] === '1' ? 'info' : 'silent',
});

export async function startScene(): Promise<Scene> {
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const nats = keep(await startTestNats());
    const databaseServer = keep(await startTestDatabase());
    const kafka = keep(await startTestKafka());
    const bus = keep(await connectNats({ url: nats.url, name: 'mirrors-test', logger }));
    await bus.provision(streamDefinitions(), bucketDefinitions);
    const codec = createCodec();
    return {
      nats,
      kafka,
      databaseServer,
      bus,
      codec,
      database: databaseServer.database,
      start: (env = {}) => startReplica({ nats, kafka, databaseServer, codec }, env),
      stop: () => stopInReverse(parts),
    };
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
}

async function startReplica(
  { nats, kafka, databaseServer, codec }: Pick<Scene, 'nats' | 'kafka' | 'databaseServer' | 'codec'>,
  env: Readonly<Record<string, string>>,
): Promise<Replica> {
  const settings = readSettings(mirrorsSettings, {
    NATS_URL: nats.url,
    DATABASE_URL: databaseServer.url,
    MILLRACE_KAFKA_BROKERS: kafka.brokers,
    ...env,
  });
  const bus = await connectNats({ url: nats.url, name: 'mirrors', logger });
  const database = await openDatabase({ url: databaseServer.url, logger });
  const metrics = createMetrics();
  const sealing = undefined as never;
  const service = await startMirrors(
    { bus, codec, sealing, clock: systemClock, logger, metrics, database },
    settings,
  );
  return {
    service,
    metrics,
    async sample(name) {
      const { body } = await metrics.expose();
      const line = body.split('\n').find((each) => each.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
    stop: () => stopInReverse([database, bus, service]),
  };
}

/** A client of the broker of the scene. */
export function clientOf({ kafka }: Scene): Promise<Kafka> {
  return openKafka(readSettings(kafkaSettings, { MILLRACE_KAFKA_BROKERS: kafka.brokers }), logger);
}
