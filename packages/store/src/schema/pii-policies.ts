import { boolean, integer, jsonb, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** What a tenant wants done with personal data in its requests and answers, where that is not the default. */
export const piiPolicies = pgTable('pii_policies', {
  tenant: text('tenant')
    .primaryKey()
    .references(() => tenants.id),
  /** By type of personal data. */
  actions: jsonb('actions').$type<Readonly<Record<string, string>>>().notNull(),
  outputActions: jsonb('output_actions').$type<Readonly<Record<string, string>>>().notNull(),
  patterns: jsonb('patterns')
    .$type<readonly { readonly type: string; readonly pattern: string }[]>()
    .notNull(),
  allow: jsonb('allow').$type<readonly string[]>().notNull(),
  restore: boolean('restore').notNull(),
  updatedAt: moment('updated_at').notNull(),
  /** Counts changes. */
  version: integer('version').notNull().default(1),
});
