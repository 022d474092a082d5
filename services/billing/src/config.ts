import { fileURLToPath } from 'node:url';
import { defaultAckWaitMs } from '@millrace/contracts';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

export const billingSettings = defineSettings({
  ...platformSettings,
  healthPort: setting.integer('MILLRACE_HEALTH_PORT', {
    description: 'Port of /healthz, /readyz and /metrics; 0 takes any that is free.',
    default: 8794,
    min: 0,
    max: 65_535,
  }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    description: 'How long a worker may be silent before its messages go to another.',
    default: defaultAckWaitMs,
    min: 1_000,
  }),
  maxBatch: setting.integer('MILLRACE_BILLING_BATCH', {
    description: 'Most closings that are worked on at once.',
    default: 256,
    min: 1,
    max: 4_096,
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    description: 'Where PostgreSQL is: postgres://user:password@host/name.',
  }),
  modelManifest: setting.path('MILLRACE_MODEL_MANIFEST', {
    description: 'The manifest of the models, with the prices of those that have none yet.',
    default: fileURLToPath(new URL('../../../models/manifest.json', import.meta.url)),
  }),
  currency: setting.string('MILLRACE_CURRENCY', {
    description: 'Currency of ledger rows for models without a price, ISO 4217.',
    default: 'USD',
  }),
  maxDeliveries: setting.integer('MILLRACE_CLOSING_MAX_DELIVERIES', {
    description: 'Deliveries after which a closing is put among the dead letters.',
    default: 20,
    min: 1,
  }),
});

export type BillingSettings = SettingsOf<typeof billingSettings>;
