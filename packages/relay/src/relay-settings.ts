import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** What both gateways are told. Spread into the settings of the service. */
export const relaySettings = defineSettings({
  requestTimeoutMs: setting.durationMs('MILLRACE_REQUEST_TIMEOUT', {
    description: 'After this a request that is not finished expires.',
    default: 300_000,
    min: 1_000,
  }),
  maxTokens: setting.integer('MILLRACE_MAX_TOKENS', {
    optional: true,
    description:
      'Most tokens that a request may ask for, for each choice; by default as many as the context of its model has.',
    min: 1,
  }),
  routesFile: setting.path('MILLRACE_ROUTES', {
    optional: true,
    description: 'JSON file of the routes: names that stand for several models.',
  }),
  verifyTimeoutMs: setting.durationMs('MILLRACE_VERIFY_TIMEOUT', {
    description: 'How long to wait for the verification of a credential.',
    default: 5_000,
    min: 100,
  }),
  credentialCacheMs: setting.durationMs('MILLRACE_CREDENTIAL_CACHE', {
    description:
      'How long a verified credential is taken without asking again. Revocations take effect at once.',
    default: 5_000,
    min: 0,
  }),
  authFailures: setting.integer('MILLRACE_AUTH_FAILURES', {
    description:
      'Credentials from one address that may fail in a window before it has to wait for the next one; 0 for any number.',
    default: 20,
    min: 0,
  }),
  authFailureWindowMs: setting.durationMs('MILLRACE_AUTH_FAILURE_WINDOW', {
    description: 'How long failed credentials are held against their address.',
    default: 60_000,
    min: 1_000,
  }),
  followQueueRecords: setting.integer('MILLRACE_FOLLOW_QUEUE', {
    description:
      'Records that wait in memory for a slow reader; one that falls further behind is served from the stream.',
    default: 256,
    min: 1,
  }),
  idleRecheckMs: setting.durationMs('MILLRACE_IDLE_RECHECK', {
    description: 'After so much silence of a request the stream is asked whether something was missed.',
    default: 10_000,
    min: 100,
  }),
});

export type RelaySettings = SettingsOf<typeof relaySettings>;
