import type { ITopicConfig, Kafka } from 'kafkajs';
import { MillraceError } from '@millrace/runtime';
import { toMillraceError } from './kafka-errors.ts';
import type { MirrorTopic } from './mirror.ts';
import type { StatePlace } from './read-state.ts';

/** How topics are made where they are missing. Those that are there stay as they are. */
export interface TopicSettings {
  /** Of topics of events. */
  readonly partitions: number;
  /** Copies of each; -1: what the broker has as its default. */
  readonly replication: number;
  /** How long events are kept; undefined: what the broker has as its default. Compacted topics keep the last of each key for ever. */
  readonly retentionMs: number | undefined;
}

/** One for each mirror, with room for more. */
export const statePartitions = 8;
/** The largest message of NATS, and what is around it. */
const maxMessageBytes = 5 * 1024 * 1024;

/** @throws `config_invalid` where the state topic is another one, `unavailable` */
export async function ensureTopics(
  kafka: Kafka,
  settings: TopicSettings,
  topics: readonly MirrorTopic[],
  state: StatePlace,
): Promise<void> {
  // Whoever runs the mirror tries again.
  const admin = kafka.admin({ retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 } });
  try {
    await admin.connect();
    const present = new Set(await admin.listTopics());
    const missing = [
      stateConfig(state, settings),
      ...topics.map((topic) => topicConfig(topic, settings)),
    ].filter(({ topic }) => !present.has(topic));
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true });
    const metadata = await admin.fetchTopicMetadata({ topics: [state.topic] });
    const count = metadata.topics[0]?.partitions.length ?? 0;
    if (count <= state.partition)
      throw new MillraceError(
        'config_invalid',
        `The topic ${state.topic} has ${count} partitions; it needs ${statePartitions}. Delete it if nothing was mirrored yet, or add partitions.`,
      );
  } catch (error) {
    throw toMillraceError(error, 'Making the topics of the mirrors');
  } finally {
    await admin.disconnect();
  }
}

function topicConfig({ name, compacted }: MirrorTopic, settings: TopicSettings): ITopicConfig {
  const { partitions, replication, retentionMs } = settings;
  const retention = retentionMs === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMs) }];
  return {
    topic: name,
    numPartitions: compacted ? 1 : partitions,
    replicationFactor: replication,
    configEntries: [
      { name: 'cleanup.policy', value: compacted ? 'compact' : 'delete' },
      { name: 'max.message.bytes', value: String(maxMessageBytes) },
      ...(compacted ? [] : retention),
    ],
  };
}

/** It gets a record with each transaction, and is read from its beginning by whoever takes over: so it is kept small. */
function stateConfig({ topic }: StatePlace, { replication }: TopicSettings): ITopicConfig {
  return {
    topic,
    numPartitions: statePartitions,
    replicationFactor: replication,
    configEntries: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'segment.bytes', value: String(4 * 1024 * 1024) },
      { name: 'min.cleanable.dirty.ratio', value: '0.1' },
    ],
  };
}
