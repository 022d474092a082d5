import { identitySettings } from '@millrace/identity';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const authQuotaSettings = defineSettings({
  ...platformSettings,
  healthPort: workerSettings.healthPort(8791),
  ackWaitMs: workerSettings.ackWaitMs,
  maxBatch: setting.integer('MILLRACE_ADMISSION_BATCH', {
    description: 'Most requests that are worked on at once.',
    default: 128,
    min: 1,
    max: 4_096,
  }),
  maxQueue: setting.integer('MILLRACE_MAX_QUEUE', {
    description:
      'Most requests of one model that are admitted and have not ended, those that are being answered included; more are refused as overloaded.',
    default: 1_000,
    min: 1,
  }),
  databaseUrl: workerSettings.databaseUrl,
  maxDeliveries: workerSettings.maxDeliveries,
  reaperGraceMs: setting.durationMs('MILLRACE_REAPER_GRACE', {
    description: 'How long after its deadline a request may still end by itself.',
    default: 30_000,
    min: 0,
  }),
  reaperWaitingGraceMs: setting.durationMs('MILLRACE_REAPER_WAITING_GRACE', {
    description: 'The same for a request of which nothing has been generated.',
    default: 2_000,
    min: 0,
  }),
  reaperIntervalMs: setting.durationMs('MILLRACE_REAPER_INTERVAL', {
    description: 'Pause between two rounds of the reaper.',
    default: 1_000,
    min: 100,
  }),
  ...identitySettings,
  closingMaxDeliveries: workerSettings.closingMaxDeliveries,
});

export type AuthQuotaSettings = SettingsOf<typeof authQuotaSettings>;
