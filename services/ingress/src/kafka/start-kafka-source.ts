import { openKafka, openSchemaRegistry, readTopics, type SchemaRegistry, type Topics } from '@millrace/kafka';
import { createOutageLog, MillraceError, stopInReverse, type Stoppable } from '@millrace/runtime';
import { startLoop, type Loop, type StageDependencies } from '@millrace/stage';
import type { RejectDependencies } from '@millrace/intake';
import type { Kafka } from 'kafkajs';
import { createKafkaSourceMetrics } from './kafka-source-metrics.ts';
import type { KafkaSourceSettings } from './kafka-source-settings.ts';
import { createPausedPartitions } from './paused-partitions.ts';
import { keepConsumer } from './keep-consumer.ts';
import { putAside } from './put-aside.ts';
import { takeBatch } from './take-batch.ts';
import { startTopicConsumer } from './topic-consumer.ts';
import { createTranscoder } from './transcode-record.ts';

export interface KafkaSourceDependencies
  extends
    Pick<StageDependencies, 'bus' | 'codec' | 'sealing' | 'clock' | 'logger' | 'metrics'>,
    RejectDependencies {
  /** @throws `database_unavailable` */
  readonly isTenantKnown: (tenant: string, queue: string) => Promise<boolean>;
}

/** What Kafka cannot be reached for is tried again after so long. */
const againMs = 2_000;

/**
 * Takes requests out of topics of Kafka into INTAKE, whence they are answered like all others. Returns at once: where Kafka is away it is
 * tried again until it is there, and this process does everything else meanwhile.
 *
 * @throws `config_invalid`
 */
export async function startKafkaSource(
  dependencies: KafkaSourceDependencies,
  settings: KafkaSourceSettings & { readonly kafkaTopicsFile: string },
): Promise<Stoppable> {
  const { clock, codec, metrics, bus } = dependencies;
  const logger = dependencies.logger.child({ part: 'kafka source' });
  const topics = await readTopics(settings.kafkaTopicsFile);
  const registry = registryFor(topics, settings, (state) =>
    logger.warn({ state }, 'the breaker of the schema registry changed'),
  );
  const kafka = await openKafka(settings, logger);
  const sourceMetrics = createKafkaSourceMetrics(metrics);
  const transcoder = createTranscoder(codec, registry);
  const paused = createPausedPartitions(clock, logger, sourceMetrics);
  const stopping = new AbortController();
  const outage = createOutageLog(clock, logger, 'Kafka is read again');

  const startConsumer = (
    cluster: string,
    names: readonly string[],
    onEnded: (error: Error) => void,
  ): Promise<Stoppable> => {
    const batches = {
      bus,
      logger,
      metrics: sourceMetrics,
      transcoder,
      cluster,
      topicOf: (topic) => topics.requestTopic(topic),
      putAside: (bad) => putAside({ ...dependencies, transcoder }, bad),
      paused,
      signal: stopping.signal,
    } satisfies Parameters<typeof takeBatch>[0];
    logger.info({ topics: names, group: settings.kafkaGroup }, 'takes requests from topics');
    return startTopicConsumer({
      kafka,
      logger,
      settings,
      topics: names,
      eachBatch: (payload) => takeBatch(batches, payload),
      onJoined() {
        sourceMetrics.connected(true);
        outage.over();
      },
      onEnded,
    });
  };
  let cluster = '';
  const consumer = keepConsumer(
    (names, onEnded) => startConsumer(cluster, names, onEnded),
    (error) => {
      outage.failed(error, 'the consumer has ended; another one follows');
      sourceMetrics.connected(false);
      again();
    },
  );

  let hasNone = false;
  const look = async (signal: AbortSignal): Promise<void> => {
    const found = await describe(kafka, topics);
    if (signal.aborted) return;
    if (found.topics.length === 0) {
      outage.over();
      if (!hasNone) logger.warn({}, 'no topic fits a pattern of MILLRACE_KAFKA_TOPICS yet');
      sourceMetrics.connected(false);
    }
    hasNone = found.topics.length === 0;
    cluster = found.cluster;
    await consumer.ensure(found.topics);
  };

  const loop: Loop = startLoop(
    {
      clock,
      intervalMs: settings.kafkaTopicsRefreshMs,
      onError(error) {
        outage.failed(error, 'Kafka cannot be read; it will be tried again');
        again();
      },
    },
    look,
  );
  function again(): void {
    clock.setTimer(againMs, () => loop.wake());
  }

  return {
    async stop() {
      stopping.abort();
      await stopInReverse([...(registry === undefined ? [] : [registry]), consumer, paused, loop]);
    },
  };
}

function registryFor(
  topics: Topics,
  settings: KafkaSourceSettings,
  onState: (state: 'open' | 'closed') => void,
): SchemaRegistry | undefined {
  if (settings.registryUrl !== undefined) return openSchemaRegistry(settings, onState);
  if (!topics.needRegistry) return undefined;
  throw new MillraceError(
    'config_invalid',
    'MILLRACE_SCHEMA_REGISTRY_URL is not set: MILLRACE_KAFKA_TOPICS has topics in Avro, which need a schema registry.',
    { param: 'MILLRACE_SCHEMA_REGISTRY_URL' },
  );
}

/** The id of the cluster, and its topics that requests are read from, in order. */
async function describe(
  kafka: Kafka,
  topics: Topics,
): Promise<{ readonly cluster: string; readonly topics: string[] }> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [{ clusterId }, names] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
    return {
      cluster: clusterId,
      topics: names.filter((name) => topics.requestTopic(name) !== undefined).toSorted(),
    };
  } finally {
    await admin.disconnect();
  }
}
