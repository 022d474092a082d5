import { kafkaSettings, registrySettings, topicSettings } from '@millrace/kafka';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';
import { mirrorNames } from './mirror-names.ts';

export const mirrorsSettings = defineSettings({
  ...platformSettings,
  ...kafkaSettings,
  ...registrySettings,
  ...topicSettings,
  healthPort: workerSettings.healthPort(8798),
  databaseUrl: workerSettings.databaseUrl,
  mirrors: setting.list('MILLRACE_MIRRORS', {
    description: `Which mirrors there are: ${mirrorNames.join(', ')}. Replicas share them.`,
    default: mirrorNames,
  }),
  maxBatch: setting.integer('MILLRACE_MIRROR_BATCH', {
    description: 'Most records of one transaction.',
    default: 2_000,
    min: 1,
    max: 10_000,
  }),
  partitions: setting.integer('MILLRACE_MIRROR_PARTITIONS', {
    description: 'Partitions of a topic of events that is made. Those that are there stay as they are.',
    default: 6,
    min: 1,
    max: 1_000,
  }),
  replication: setting.integer('MILLRACE_MIRROR_REPLICATION', {
    description: 'Copies of a topic that is made; -1: as many as the broker has as its default.',
    default: -1,
    min: -1,
    max: 32,
  }),
  retentionMs: setting.durationMs('MILLRACE_MIRROR_RETENTION', {
    description:
      'How long a topic of events that is made keeps them; without it as long as the broker has as its default.',
    optional: true,
    min: 60_000,
  }),
});

export type MirrorsSettings = SettingsOf<typeof mirrorsSettings>;
