import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { intakeSettings } from '@millrace/intake';
import { webhookSettings } from '@millrace/jobs';
import { nameModelSettings } from '@millrace/pii-model';
import { gatewaySettings, relaySettings } from '@millrace/relay';
import { platformSettings, workerSettings } from '@millrace/stage';
import { kafkaSourceSettings } from './kafka/kafka-source-settings.ts';

/** What the HTTP routes are told, wherever they are mounted. */
export const ingressSettings = defineSettings({
  sseKeepAliveMs: setting.durationMs('MILLRACE_SSE_KEEP_ALIVE', {
    description: 'After so much silence an event stream gets a comment, so that proxies keep it open.',
    default: 15_000,
    min: 100,
  }),
  maxBodyBytes: setting.integer('MILLRACE_MAX_BODY_BYTES', {
    description:
      'Largest body. Content has a limit of 1 MiB, which JSON escapes can make six times as large.',
    default: 4 * 1024 * 1024,
    min: 1024,
  }),
  maxWaitsPerKey: setting.integer('MILLRACE_MAX_WAITS_PER_KEY', {
    description:
      'Most answers that an API key may wait for at once on a gateway without having asked for them there: jobs, stored responses, streams that are read again.',
    default: 1_000,
    min: 1,
  }),
  webhookPrivate: webhookSettings.webhookPrivate,
  jobLifetimeMs: setting.durationMs('MILLRACE_JOB_LIFETIME', {
    description: 'A job that has not ended after so long expires.',
    default: 24 * 60 * 60_000,
    min: 1_000,
  }),
  jobRetentionMs: setting.durationMs('MILLRACE_JOB_RETENTION', {
    description: 'How long a job is kept after its end, unless it says a shorter time.',
    default: 30 * 24 * 60 * 60_000,
    min: 60_000,
  }),
  fileMaxBytes: setting.bytes('MILLRACE_FILE_MAX_BYTES', {
    description: 'Largest file.',
    default: 200 * 1024 * 1024,
    min: 1024,
  }),
  fileRetentionMs: setting.durationMs('MILLRACE_FILE_RETENTION', {
    description: 'How long a file is kept, unless it says another time.',
    default: 30 * 24 * 60 * 60_000,
    min: 60_000,
  }),
});

export type IngressSettings = SettingsOf<typeof ingressSettings>;

/** What ingress as a process of its own is told. */
export const ingressProcessSettings = defineSettings({
  ...platformSettings,
  ...relaySettings,
  ...gatewaySettings,
  ...ingressSettings,
  ...intakeSettings,
  ...kafkaSourceSettings,
  ...nameModelSettings,
  ackWaitMs: workerSettings.ackWaitMs,
  port: setting.integer('MILLRACE_PORT', {
    description: 'Port of the API, health and metrics.',
    default: 8788,
    min: 0,
    max: 65_535,
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description:
      'Where PostgreSQL is, for jobs, files and batches, which are refused without it, and for requests of queues, which are left to others.',
    optional: true,
  }),
  host: setting.string('MILLRACE_HOST', { description: 'Address that it listens on.', default: '127.0.0.1' }),
});

export type IngressProcessSettings = SettingsOf<typeof ingressProcessSettings>;
