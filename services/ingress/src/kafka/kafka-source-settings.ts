import { kafkaSettings, registrySettings, topicSettings } from '@millrace/kafka';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** What is told to whoever takes requests out of topics of Kafka. */
export const kafkaSourceSettings = defineSettings({
  ...kafkaSettings,
  ...registrySettings,
  ...topicSettings,
  kafkaGroup: setting.string('MILLRACE_KAFKA_GROUP', {
    description: 'The consumer group of those who take requests in: they share the partitions of the topics.',
    default: 'millrace',
  }),
  kafkaTopicsRefreshMs: setting.durationMs('MILLRACE_KAFKA_TOPICS_REFRESH', {
    description: 'How often is looked for new topics that a pattern fits.',
    default: 30_000,
    min: 100,
  }),
  kafkaSessionTimeoutMs: setting.durationMs('MILLRACE_KAFKA_SESSION_TIMEOUT', {
    description:
      'After so long a silence of a process that takes requests in, another one gets its partitions.',
    default: 30_000,
    min: 6_000,
    max: 1_800_000,
  }),
});

export type KafkaSourceSettings = SettingsOf<typeof kafkaSourceSettings>;
