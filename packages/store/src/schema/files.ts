import { bigint, index, integer, pgTable, primaryKey, text } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** Files of the tenants: what batches read and write. */
export const files = pgTable(
  'files',
  {
    /** `file-` and 32 hexadecimal digits, in the order of creation. */
    id: text('id').primaryKey(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    keyId: text('key_id').notNull(),
    user: text('user_id'),
    purpose: text('purpose').notNull(),
    /** Its name, sealed. */
    name: bytea('name').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    createdAt: moment('created_at').notNull(),
    /** When all of it was there; null while it is written. */
    completedAt: moment('completed_at'),
    /** After this it is removed. */
    expiresAt: moment('expires_at').notNull(),
  },
  (table) => [
    index('files_tenant').on(table.tenant, table.id.desc()),
    index('files_expires').on(table.expiresAt),
  ],
);

/** The content of a file in pieces, each sealed. */
export const filePieces = pgTable(
  'file_pieces',
  {
    fileId: text('file_id')
      .notNull()
      .references(() => files.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    content: bytea('content').notNull(),
  },
  (table) => [primaryKey({ columns: [table.fileId, table.number] })],
);
