import { index, pgTable, text, uuid } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** Prompts and answers whose clients have consented that they are kept for training. */
export const trainingExamples = pgTable(
  'training_examples',
  {
    requestId: uuid('request_id').primaryKey(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    keyId: text('key_id').notNull(),
    user: text('user_id'),
    model: text('model').notNull(),
    /** The messages, without personal data that was found; sealed. */
    content: bytea('content').notNull(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('training_examples_tenant').on(table.tenant, table.createdAt, table.requestId),
    index('training_examples_expires').on(table.expiresAt),
  ],
);
