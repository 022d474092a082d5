import { index, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';

/** Answers to requests with an idempotency key, for those who send them again. */
export const keptAnswers = pgTable(
  'kept_answers',
  {
    /** SHA-256 of whose the key is and the key. */
    key: bytea('key').primaryKey(),
    tenant: text('tenant').notNull(),
    /** Whose key seals it; null: that of the tenant. */
    user: text('user_id'),
    /** Digest of the request; sealed. */
    digest: bytea('digest'),
    /** Null while the request is worked on. */
    status: integer('status'),
    /** The body; sealed. */
    answer: bytea('answer'),
    createdAt: moment('created_at').notNull(),
    /** After this, a request that is not answered is taken for dead. */
    leaseUntil: moment('lease_until').notNull(),
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('kept_answers_expires').on(table.expiresAt),
    index('kept_answers_tenant').on(table.tenant),
  ],
);
