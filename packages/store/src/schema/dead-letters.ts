import { bigint, index, integer, pgTable, text, uuid } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';

/** What became of dead letters. The messages themselves lie in the stream DEADLETTER. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    /** Its sequence in DEADLETTER. */
    id: bigint('id', { mode: 'number' }).primaryKey(),
    /** The service that gave up. */
    stage: text('stage').notNull(),
    /** Null: the message names none, or could not be read. */
    tenant: text('tenant'),
    requestId: uuid('request_id'),
    /** Where the message was. */
    stream: text('stream').notNull(),
    subject: text('subject').notNull(),
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    deliveryCount: integer('delivery_count').notNull(),
    code: text('code').notNull(),
    reason: text('reason').notNull(),
    diedAt: moment('died_at').notNull(),
    /** open, replaying, replayed or discarded. */
    status: text('status').notNull().default('open'),
    replays: integer('replays').notNull().default(0),
    /** The request of the last replay; null where it makes none. */
    replayRequestId: uuid('replay_request_id'),
    /** Why the last replay could not be carried out; it is open again. */
    failure: text('failure'),
    decidedAt: moment('decided_at'),
    /** Id of a user or a key. */
    decidedBy: text('decided_by'),
    /** Why it was discarded. */
    discardReason: text('discard_reason'),
  },
  (table) => [
    index('dead_letters_tenant').on(table.tenant, table.id),
    index('dead_letters_status').on(table.status, table.id),
    index('dead_letters_died').on(table.diedAt),
  ],
);
