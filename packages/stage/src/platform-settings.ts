import type { StreamLimits } from '@millrace/contracts';
import { defineSettings, logLevels, setting, type SettingsOf } from '@millrace/runtime';

/** What every service that runs as a process of its own is told. Spread into the settings of the service. */
export const platformSettings = defineSettings({
  natsUrl: setting.string('NATS_URL', {
    description: 'Where NATS is.',
    default: 'nats://127.0.0.1:4222',
  }),
  natsUser: setting.string('NATS_USER', {
    description: 'The user of this service at NATS: infra/nats/users.conf has one for each.',
    optional: true,
  }),
  natsPassword: setting.secret('NATS_PASSWORD', { description: 'Its password.', optional: true }),
  natsCredentialsFile: setting.path('NATS_CREDS_FILE', {
    description: 'A .creds file, where NATS has accounts with JWTs.',
    optional: true,
  }),
  natsCaFile: setting.path('NATS_CA_FILE', {
    description: 'Who has signed the certificate of NATS (tls://), in PEM; by default a public authority.',
    optional: true,
  }),
  natsCertFile: setting.path('NATS_CERT_FILE', {
    description: 'The certificate of this service, where NATS wants one, in PEM.',
    optional: true,
  }),
  natsKeyFile: setting.path('NATS_KEY_FILE', {
    description: 'The key of that certificate, in PEM.',
    optional: true,
  }),
  provision: setting.enumeration('MILLRACE_PROVISION', ['create', 'check'], {
    description:
      'Whether this process creates and updates streams, or waits until another has: with a user for each service only that of auth-quota may.',
    default: 'create',
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
  intakeMaxMessages: setting.integer('MILLRACE_INTAKE_MAX_MESSAGES', {
    description: 'Most requests of one queue that wait; more are refused to whoever publishes them.',
    default: 100_000,
    min: 1,
  }),
  intakeMaxBytes: setting.integer('MILLRACE_INTAKE_MAX_BYTES', {
    description: 'Most bytes that the requests of all queues have together.',
    default: 1024 ** 3,
    min: 1024 ** 2,
  }),
  answersMaxAgeMs: setting.durationMs('MILLRACE_ANSWERS_MAX_AGE', {
    description: 'How long answers to requests of queues and topics can be read.',
    default: 24 * 60 * 60_000,
    min: 60_000,
  }),
  answersMaxBytes: setting.integer('MILLRACE_ANSWERS_MAX_BYTES', {
    description: 'Size at which the oldest of these answers are dropped.',
    default: 4 * 1024 ** 3,
    min: 1024 ** 2,
  }),
});

export type PlatformSettings = SettingsOf<typeof platformSettings>;

/** The sizes of the streams that an operator has set. */
export function streamLimitsOf(settings: PlatformSettings): StreamLimits {
  const {
    receivedMaxMessages,
    resultsMaxBytes,
    intakeMaxMessages,
    intakeMaxBytes,
    answersMaxAgeMs,
    answersMaxBytes,
  } = settings;
  return {
    receivedMaxMessages,
    resultsMaxBytes,
    intakeMaxMessages,
    intakeMaxBytes,
    answersMaxAgeMs,
    answersMaxBytes,
  };
}
