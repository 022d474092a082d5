import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';

/** What those are told who take requests out of queues. Spread into the settings of the service. */
export const intakeSettings = defineSettings({
  intake: setting.enumeration('MILLRACE_INTAKE', ['on', 'off'], {
    description: 'Whether this process answers requests of queues, for which it needs a database.',
    default: 'on',
  }),
  intakeConcurrency: setting.integer('MILLRACE_INTAKE_CONCURRENCY', {
    description: 'Most requests of all queues that a process has out to be answered.',
    default: 512,
    min: 1,
  }),
  intakeQueueConcurrency: setting.integer('MILLRACE_INTAKE_QUEUE_CONCURRENCY', {
    description: 'Most of them of one queue.',
    default: 64,
    min: 1,
  }),
  intakeQueuesPerTenant: setting.integer('MILLRACE_INTAKE_QUEUES_PER_TENANT', {
    description:
      'Most queues and lanes of a tenant that are looked after at once; more wait until others are empty.',
    default: 256,
    min: 1,
  }),
  intakeMaxWaitMs: setting.durationMs('MILLRACE_INTAKE_MAX_WAIT', {
    description:
      'A request that has not been answered after so long in its queue expires, also where it has no deadline.',
    default: 24 * 60 * 60_000,
    min: 1_000,
  }),
  intakeAttempts: setting.integer('MILLRACE_INTAKE_ATTEMPTS', {
    description: 'Deliveries after which a request whose attempts break off is answered with the error.',
    default: 4,
    min: 1,
  }),
  intakePollMs: setting.durationMs('MILLRACE_INTAKE_POLL', {
    description: 'How often is looked for queues that are new.',
    default: 500,
    min: 10,
  }),
  intakeIdleMs: setting.durationMs('MILLRACE_INTAKE_IDLE', {
    description: 'A queue that was empty for so long is no longer looked after, until something is in it.',
    default: 5 * 60_000,
    min: 100,
  }),
});

export type IntakeSettings = SettingsOf<typeof intakeSettings>;
