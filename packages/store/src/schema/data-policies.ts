import { bigint, boolean, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** How long a tenant's content is kept, where that is shorter than the platform does, and what else may be done with it. */
export const dataPolicies = pgTable('data_policies', {
  tenant: text('tenant')
    .primaryKey()
    .references(() => tenants.id),
  /** Nothing is kept once its client has it. */
  zeroRetention: boolean('zero_retention').notNull().default(false),
  /** Jobs, responses and batches after their end; null: as the platform does. */
  jobsMs: bigint('jobs_ms', { mode: 'number' }),
  filesMs: bigint('files_ms', { mode: 'number' }),
  /** Answers to idempotency keys. */
  answersMs: bigint('answers_ms', { mode: 'number' }),
  /** Whether requests may consent that they are kept as training examples. */
  trainingAllowed: boolean('training_allowed').notNull().default(false),
  trainingMs: bigint('training_ms', { mode: 'number' }),
  updatedAt: moment('updated_at').notNull(),
  /** Counts changes. */
  version: integer('version').notNull().default(1),
});
