import { bigint, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';

/** What was changed and is yet to be told to those who watch CONTROL: written with the change, removed once it is told. */
export const controlChanges = pgTable('control_changes', {
  number: bigint('number', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  /** `key`, `price`, `policy` or `pii-policy`. */
  kind: text('kind').notNull(),
  /** The key's id, the model's name, or the tenant. */
  subject: text('subject').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
});
