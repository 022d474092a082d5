import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const piiSettings = defineSettings({
  ...platformSettings,
  healthPort: workerSettings.healthPort(8792),
  concurrency: setting.integer('MILLRACE_PII_CONCURRENCY', {
    default: 64,
    min: 1,
    max: 1_024,
    description: 'Requests that are checked at once.',
  }),
  ackWaitMs: workerSettings.ackWaitMs,
  maxDeliveries: workerSettings.maxDeliveries,
});

export type PiiSettings = Pick<SettingsOf<typeof piiSettings>, 'concurrency' | 'ackWaitMs' | 'maxDeliveries'>;
