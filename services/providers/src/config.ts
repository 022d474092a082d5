import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const providersSettings = defineSettings({
  ...platformSettings,
  healthPort: workerSettings.healthPort(8797),
  providersFile: setting.path('MILLRACE_PROVIDERS', {
    optional: true,
    description: 'JSON file of the external providers and their models; without it there are none.',
  }),
  ackWaitMs: workerSettings.ackWaitMs,
  maxDeliveries: workerSettings.maxDeliveries,
});

export type ProvidersSettings = Pick<
  SettingsOf<typeof providersSettings>,
  'providersFile' | 'ackWaitMs' | 'maxDeliveries'
>;
