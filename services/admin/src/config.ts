import { identitySettings } from '@millrace/identity';
import { gatewaySettings, relaySettings } from '@millrace/relay';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const adminSettings = defineSettings({
  ...platformSettings,
  ...gatewaySettings,
  verifyTimeoutMs: relaySettings.verifyTimeoutMs,
  credentialCacheMs: relaySettings.credentialCacheMs,
  authFailures: relaySettings.authFailures,
  authFailureWindowMs: relaySettings.authFailureWindowMs,
  ...identitySettings,
  databaseUrl: workerSettings.databaseUrl,
  port: setting.integer('MILLRACE_PORT', {
    description: 'Port of the API, health and metrics.',
    default: 8789,
    min: 0,
    max: 65_535,
  }),
  host: setting.string('MILLRACE_HOST', { description: 'Address that it listens on.', default: '127.0.0.1' }),
});

export type AdminSettings = SettingsOf<typeof adminSettings>;
