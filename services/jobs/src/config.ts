import { defineSettings, setting, type SettingsOf } from '@millrace/runtime';
import { registrySettings } from '@millrace/kafka';
import { webhookSettings } from '@millrace/jobs';
import { relaySettings } from '@millrace/relay';
import { platformSettings, workerSettings } from '@millrace/stage';

/** What those who run jobs are told. */
export const jobsSettings = defineSettings({
  ...platformSettings,
  ...relaySettings,
  ...webhookSettings,
  ...registrySettings,
  healthPort: workerSettings.healthPort(8796),
  databaseUrl: workerSettings.databaseUrl,
  jobsConcurrency: setting.integer('MILLRACE_JOBS_CONCURRENCY', {
    description: 'Most jobs that a runner works on at once.',
    default: 32,
    min: 1,
  }),
  jobsPerTenant: setting.integer('MILLRACE_JOBS_PER_TENANT', {
    description: 'Most jobs of one tenant that a runner works on at once.',
    default: 16,
    min: 1,
  }),
  responsesConcurrency: setting.integer('MILLRACE_RESPONSES_CONCURRENCY', {
    description: 'Most responses that a runner works on at once.',
    default: 256,
    min: 1,
  }),
  responsesPerTenant: setting.integer('MILLRACE_RESPONSES_PER_TENANT', {
    description: 'Most responses of one tenant that a runner works on at once.',
    default: 128,
    min: 1,
  }),
  batchesConcurrency: setting.integer('MILLRACE_BATCHES_CONCURRENCY', {
    description: 'Most batches that a runner works on at once.',
    default: 4,
    min: 1,
  }),
  batchesPerTenant: setting.integer('MILLRACE_BATCHES_PER_TENANT', {
    description: 'Most batches of one tenant that a runner works on at once.',
    default: 2,
    min: 1,
  }),
  batchLinesConcurrency: setting.integer('MILLRACE_BATCH_LINES_CONCURRENCY', {
    description: 'Most requests of one batch at once.',
    default: 16,
    min: 1,
  }),
  batchMaxLines: setting.integer('MILLRACE_BATCH_MAX_LINES', {
    description: 'Most requests of a batch.',
    default: 50_000,
    min: 1,
  }),
  batchRetentionMs: setting.durationMs('MILLRACE_BATCH_RETENTION', {
    description: 'How long a batch is kept after its end.',
    default: 30 * 24 * 60 * 60_000,
    min: 1_000,
  }),
  jobAttempts: setting.integer('MILLRACE_JOB_ATTEMPTS', {
    description: 'Attempts that broke off, after which a job or a line of a batch fails.',
    default: 4,
    min: 1,
  }),
  jobLeaseMs: setting.durationMs('MILLRACE_JOB_LEASE', {
    description: 'How long a runner may be silent before its jobs go to another.',
    default: 15_000,
    min: 500,
  }),
  jobPollMs: setting.durationMs('MILLRACE_JOB_POLL', {
    description: 'How often a runner looks for work that nobody has told it of.',
    default: 1_000,
    min: 10,
  }),
});

export type JobsSettings = SettingsOf<typeof jobsSettings>;
