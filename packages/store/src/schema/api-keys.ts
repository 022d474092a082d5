import { index, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';
import { users } from './users.ts';

/** API keys: their public ids, and hashes of what only their owners know. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    /** Whose key it is; null: that of the project. */
    user: text('user_id').references(() => users.id),
    name: text('name').notNull(),
    /** SHA-256 of the whole key. */
    hash: bytea('hash').notNull(),
    roles: text('roles').array().notNull(),
    /** How far its roles reach: `project`, `organisation` or `platform`. */
    reach: text('reach').notNull().default('project'),
    /** What of its roles it may use; null: all. */
    scopes: text('scopes').array(),
    /** Null: all. */
    allowedModels: text('allowed_models').array(),
    /** Addresses in CIDR notation; null: all. */
    allowedAddresses: text('allowed_addresses').array(),
    createdAt: moment('created_at').notNull().defaultNow(),
    expiresAt: moment('expires_at'),
    revokedAt: moment('revoked_at'),
    /** To the minute. */
    lastUsedAt: moment('last_used_at'),
    /** The key that took its place; until `expires_at` both are good. */
    replacedBy: text('replaced_by'),
    /** Counts changes. */
    version: integer('version').notNull().default(1),
  },
  (table) => [index('api_keys_tenant').on(table.tenant), index('api_keys_user').on(table.user)],
);
