import { date, index, integer, pgTable, primaryKey, text, uuid } from '../drizzle/pg-core.ts';
import { tenants } from './tenants.ts';

/** How much personal data of each type was found in a request or its answer, and what was done with it: no values. */
export const piiFindings = pgTable(
  'pii_findings',
  {
    requestId: uuid('request_id').notNull(),
    /** `input` or `output`. */
    direction: text('direction').notNull(),
    type: text('type').notNull(),
    action: text('action').notNull(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    /** In UTC. */
    day: date('day', { mode: 'string' }).notNull(),
    /** Different values. */
    count: integer('count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.direction, table.type, table.action] }),
    index('pii_findings_tenant').on(table.tenant, table.day),
  ],
);
