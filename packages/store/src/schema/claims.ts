import { isNull } from '../drizzle/sql.ts';
import { bigint, index, integer, pgTable, text, uuid } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { money } from './money.ts';
import { moment } from './moment.ts';

/** Each request, once: what was decided about it, and whether it has ended. */
export const claims = pgTable(
  'claims',
  {
    requestId: uuid('request_id').primaryKey(),
    tenant: text('tenant').notNull(),
    /** Which model it is for; null in claims from before this column. */
    model: text('model'),
    organisation: text('organisation').notNull().default('default'),
    keyId: text('key_id'),
    user: text('user_id'),
    /** What it may use at worst; of that, its organisation, project, user and key hold so much in reserve until it ends. */
    reservedTokens: bigint('reserved_tokens', { mode: 'number' }).notNull().default(0),
    reservedAmount: money('reserved_amount').notNull().default('0'),
    /** What it has used, once it has ended. */
    usedTokens: bigint('used_tokens', { mode: 'number' }),
    usedAmount: money('used_amount'),
    /** Error code of a refusal; null when it was admitted. */
    code: text('code'),
    message: text('message'),
    /** The limit that refused it. */
    param: text('param'),
    retryAfterMs: integer('retry_after_ms'),
    decidedAt: moment('decided_at').notNull(),
    deadlineAt: moment('deadline_at').notNull(),
    /** request.received without its content, in single-object encoding: enough to close the request. */
    event: bytea('event').notNull(),
    closedAt: moment('closed_at'),
    outcome: text('outcome'),
  },
  (table) => [index('claims_open_deadline').on(table.deadlineAt).where(isNull(table.closedAt))],
);
