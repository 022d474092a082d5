import { defineSettings, logLevels, setting, type SettingsOf } from '@millrace/runtime';

export const embeddedSettings = defineSettings({
  port: setting.integer('MILLRACE_PORT', {
    default: 8787,
    min: 0,
    max: 65_535,
    description: 'Port of HTTP and WebSocket; 0 takes any that is free.',
  }),
  host: setting.string('MILLRACE_HOST', { default: '127.0.0.1', description: 'Address that it listens on.' }),
  dataDirectory: setting.path('MILLRACE_DATA_DIR', {
    default: '.millrace',
    description: 'Folder of streams, database, keys and logs.',
  }),
  natsUrl: setting.string('NATS_URL', {
    optional: true,
    description: 'A NATS to use; without it a nats-server is started.',
  }),
  natsServer: setting.path('NATS_SERVER', { optional: true, description: 'The nats-server to start.' }),
  databaseUrl: setting.secret('DATABASE_URL', {
    optional: true,
    description: 'A PostgreSQL to use; without it one is started.',
  }),
  masterKey: setting.secret('MILLRACE_MASTER_KEY', {
    optional: true,
    description: 'Master key, 32 bytes in base64; by default in the data folder.',
  }),
  logLevel: setting.enumeration('MILLRACE_LOG_LEVEL', logLevels, {
    default: 'info',
    description: 'The least severe messages that are logged.',
  }),
});

export type EmbeddedSettings = SettingsOf<typeof embeddedSettings>;
