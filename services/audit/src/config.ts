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
  keyFile: setting.path('MILLRACE_AUDIT_KEY_FILE', {
    description:
      'The private key (Ed25519, PEM) that checkpoints are signed with; made at the first start where it is not there.',
    default: '.millrace/audit.key',
  }),
  checkpointIntervalMs: setting.durationMs('MILLRACE_AUDIT_CHECKPOINT_INTERVAL', {
    description: 'How often a chain that grows is signed.',
    default: 60_000,
    min: 100,
    max: 24 * 3_600_000,
  }),
  checkpointFile: setting.path('MILLRACE_AUDIT_CHECKPOINT_FILE', {
    optional: true,
    description: 'A file that each checkpoint is appended to, as a second place.',
  }),
});

export type AuditSettings = SettingsOf<typeof auditSettings>;
