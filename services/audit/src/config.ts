import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings, workerSettings } from '@millrace/stage';

export const auditSettings = defineSettings({
  ...platformSettings,
  healthPort: workerSettings.healthPort(8795),
  ackWaitMs: workerSettings.ackWaitMs,
  maxBatch: setting.integer('MILLRACE_AUDIT_BATCH', {
    description: 'Most closings that are worked on at once.',
    default: 256,
    min: 1,
    max: 4_096,
  }),
  maxDeliveries: workerSettings.closingMaxDeliveries,
});

export type AuditSettings = SettingsOf<typeof auditSettings>;
