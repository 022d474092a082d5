import { defaultAckWaitMs } from '@millrace/contracts';
import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { platformSettings } from '@millrace/stage';

export const piiSettings = defineSettings({
  ...platformSettings,
  healthPort: setting.integer('MILLRACE_HEALTH_PORT', {
    default: 8792,
    min: 0,
    max: 65_535,
    description: 'Port of /healthz, /readyz and /metrics.',
  }),
  concurrency: setting.integer('MILLRACE_PII_CONCURRENCY', {
    default: 64,
    min: 1,
    max: 1_024,
    description: 'Requests that are checked at once.',
  }),
  ackWaitMs: setting.durationMs('MILLRACE_ACK_WAIT', {
    default: defaultAckWaitMs,
    description: 'How long a worker may be silent before its request goes to another.',
  }),
  maxDeliveries: setting.integer('MILLRACE_MAX_DELIVERIES', {
    default: 5,
    min: 1,
    max: 100,
    description: 'Attempts after which a request is given up.',
  }),
});

export type PiiSettings = Pick<SettingsOf<typeof piiSettings>, 'concurrency' | 'ackWaitMs' | 'maxDeliveries'>;
