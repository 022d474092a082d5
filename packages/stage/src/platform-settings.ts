import { defineSettings, logLevels, setting, type SettingsOf } from '@millrace/runtime';

/** What every service that runs as a process of its own is told. Spread into the settings of the service. */
export const platformSettings = defineSettings({
  natsUrl: setting.string('NATS_URL', {
    description: 'Where NATS is.',
    default: 'nats://127.0.0.1:4222',
  }),
  masterKey: setting.secret('MILLRACE_MASTER_KEY', {
    description:
      'The key that wraps the data keys of the tenants: 32 bytes in base64 or hexadecimal; behind it, separated by commas, those that it takes the place of.',
    optional: true,
  }),
  masterKeyFile: setting.path('MILLRACE_MASTER_KEY_FILE', {
    description: 'A file that has the master key, where it is not in a variable.',
    default: '.millrace/master.key',
  }),
  streamReplicas: setting.integer('MILLRACE_STREAM_REPLICAS', {
    description: 'Copies of each stream in a NATS cluster.',
    default: 1,
    min: 1,
    max: 5,
  }),
  logLevel: setting.enumeration('MILLRACE_LOG_LEVEL', logLevels, {
    description: 'The least severe messages that are logged.',
    default: 'info',
  }),
  healthHost: setting.string('MILLRACE_HEALTH_HOST', {
    description: 'The address that health and metrics are served on.',
    default: '127.0.0.1',
  }),
  receivedMaxMessages: setting.integer('MILLRACE_RECEIVED_MAX_MESSAGES', {
    description: 'Most requests that wait for admission; more are refused at the front door.',
    default: 10_000,
    min: 1,
  }),
  resultsMaxBytes: setting.integer('MILLRACE_RESULTS_MAX_BYTES', {
    description: 'Size at which the oldest results are dropped.',
    default: 2 * 1024 ** 3,
    min: 1024 ** 2,
  }),
});

export type PlatformSettings = SettingsOf<typeof platformSettings>;
