import { fileURLToPath } from 'node:url';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const billingSettings = defineSettings({
  ...platformSettings,
  healthPort: workerSettings.healthPort(8794),
  ackWaitMs: workerSettings.ackWaitMs,
  maxBatch: setting.integer('MILLRACE_BILLING_BATCH', {
    description: 'Most closings that are worked on at once.',
    default: 256,
    min: 1,
    max: 4_096,
  }),
  databaseUrl: workerSettings.databaseUrl,
  modelManifest: setting.path('MILLRACE_MODEL_MANIFEST', {
    description: 'The manifest of the models, with the prices of those that have none yet.',
    default: fileURLToPath(new URL('../../../models/manifest.json', import.meta.url)),
  }),
  providersFile: setting.path('MILLRACE_PROVIDERS', {
    optional: true,
    description:
      'JSON file of the external providers, with the prices of those of their models that have none yet.',
  }),
  currency: setting.string('MILLRACE_CURRENCY', {
    description: 'Currency of ledger rows for models without a price, ISO 4217.',
    default: 'USD',
  }),
  maxDeliveries: workerSettings.closingMaxDeliveries,
});

export type BillingSettings = SettingsOf<typeof billingSettings>;
