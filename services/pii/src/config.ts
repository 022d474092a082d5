import { nameModelSettings } from '@millrace/pii-model';
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
  threads: setting.integer('MILLRACE_PII_THREADS', {
    default: 2,
    min: 1,
    max: 64,
    description: 'Threads for long content.',
  }),
  checkLimitMs: setting.durationMs('MILLRACE_PII_TIMEOUT', {
    default: 30_000,
    min: 100,
    description: 'How long a thread may look at a request; what takes longer is refused.',
  }),
  ...nameModelSettings,
  countedAnswers: setting.integer('MILLRACE_PII_COUNTED_ANSWERS', {
    default: 2,
    min: 0,
    max: 64,
    description:
      'Answers that are counted at once after they have ended; 0: what is found in answers is on no report and on no record.',
  }),
  ackWaitMs: workerSettings.ackWaitMs,
  maxDeliveries: workerSettings.maxDeliveries,
});

export type PiiSettings = Pick<
  SettingsOf<typeof piiSettings>,
  'concurrency' | 'threads' | 'checkLimitMs' | 'countedAnswers' | 'ackWaitMs' | 'maxDeliveries'
>;
