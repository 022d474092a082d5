import { defaultAckWaitMs } from '@millrace/contracts';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

export const authQuotaSettings = defineSettings({
  ...platformSettings,
  healthPort: setting.integer('MILLRACE_HEALTH_PORT', {
    description: 'Port of /healthz, /readyz and /metrics; 0 takes any that is free.',
    default: 8791,
    min: 0,
    max: 65_535,
  }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    description: 'How long a worker may be silent before its messages go to another.',
    default: defaultAckWaitMs,
    min: 1_000,
  }),
  maxBatch: setting.integer('MILLRACE_ADMISSION_BATCH', {
    description: 'Most requests that are worked on at once.',
    default: 128,
    min: 1,
    max: 4_096,
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description: 'Where PostgreSQL is: postgres://user:password@host/name.',
  }),
  maxDeliveries: setting.integer('MILLRACE_MAX_DELIVERIES', {
    description: 'Deliveries after which a request is given up and closed as failed.',
    default: 5,
    min: 1,
    max: 100,
  }),
  reaperGraceMs: setting.durationMs('MILLRACE_REAPER_GRACE', {
    description: 'How long after its deadline a request may still end by itself.',
    default: 30_000,
    min: 0,
  }),
  reaperIntervalMs: setting.durationMs('MILLRACE_REAPER_INTERVAL', {
    description: 'Pause between two rounds of the reaper.',
    default: 5_000,
    min: 100,
  }),
  closingMaxDeliveries: setting.integer('MILLRACE_CLOSING_MAX_DELIVERIES', {
    description: 'Deliveries after which a closing is put among the dead letters.',
    default: 20,
    min: 1,
  }),
});

export type AuthQuotaSettings = SettingsOf<typeof authQuotaSettings>;
