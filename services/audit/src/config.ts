import { defaultAckWaitMs } from '@millrace/contracts';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

export const auditSettings = defineSettings({
  ...platformSettings,
  healthPort: setting.integer('MILLRACE_HEALTH_PORT', {
    description: 'Port of /healthz, /readyz and /metrics; 0 takes any that is free.',
    default: 8795,
    min: 0,
    max: 65_535,
  }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    description: 'How long a worker may be silent before its messages go to another.',
    default: defaultAckWaitMs,
    min: 1_000,
  }),
  maxBatch: setting.integer('MILLRACE_AUDIT_BATCH', {
    description: 'Most closings that are worked on at once.',
    default: 256,
    min: 1,
    max: 4_096,
  }),
  maxDeliveries: setting.integer('MILLRACE_CLOSING_MAX_DELIVERIES', {
    description: 'Deliveries after which a closing is put among the dead letters.',
    default: 20,
    min: 1,
  }),
});

export type AuditSettings = SettingsOf<typeof auditSettings>;
