import { and, eq, sql } from '@millrace/store/sql';
import { scopes as quotaScopes, windowStartOf, type QuotaLimits, type QuotaSubject } from '@millrace/quota';
import { quotas, type Transaction } from '@millrace/store';
import type { ControlDependencies, Reading } from './control-dependencies.ts';
import { showDecimal } from './decimals.ts';
import { notFound, requireUpdated } from './refusals.ts';
import { moneySchema, nullable, shownMoneySchema, shownSchema } from './schemas.ts';

const most = Number.MAX_SAFE_INTEGER;
const mostInteger = 2 ** 31 - 1;
const limit = (maximum: number, description: string) =>
  ({
    type: ['integer', 'null'],
    minimum: 0,
    maximum,
    description: `${description}; null: no limit.`,
  }) as const;

const limitProperties = {
  requests_per_minute: limit(mostInteger, 'Requests that are admitted in a minute'),
  tokens_per_minute: limit(most, 'Tokens of requests that end in a minute, and of those in reserve'),
  max_in_flight: limit(mostInteger, 'Requests that are admitted and have not ended'),
  tokens_per_day: limit(most, 'Tokens in a day of UTC'),
  tokens_per_month: limit(most, 'Tokens in a month of UTC'),
  budget_per_month: { ...nullable(moneySchema), description: 'Money in a month of UTC; null: no limit.' },
} as const;

/** What is left out stays as it is. */
export const quotaChangesSchema = {
  title: 'QuotaChanges',
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: limitProperties,
} as const;

const counted = { type: 'integer' } as const;

export const quotaSchema = shownSchema('Quota', {
  scope: { enum: quotaScopes },
  subject: {
    type: 'string',
    description: 'Id of the organisation, tenant, user or key, or name of the model.',
  },
  limits: shownSchema('QuotaLimits', {
    ...limitProperties,
    budget_per_month: nullable(shownMoneySchema),
  }),
  used: shownSchema('QuotaUse', {
    requests_this_minute: counted,
    tokens_this_minute: counted,
    tokens_today: counted,
    tokens_this_month: counted,
    amount_this_month: shownMoneySchema,
  }),
  reserved: shownSchema('QuotaReserve', {
    in_flight: counted,
    tokens: counted,
    amount: shownMoneySchema,
  }),
  version: { type: 'integer' },
});

export interface QuotaChanges {
  readonly requests_per_minute?: number | null;
  readonly tokens_per_minute?: number | null;
  readonly max_in_flight?: number | null;
  readonly tokens_per_day?: number | null;
  readonly tokens_per_month?: number | null;
  readonly budget_per_month?: string | null;
}

/** A quota: its limits, what was used of them in the present windows, and what is held in reserve for requests that have not ended. */
export interface ShownQuota extends QuotaSubject {
  readonly limits: Required<QuotaChanges>;
  readonly used: {
    readonly requests_this_minute: number;
    readonly tokens_this_minute: number;
    readonly tokens_today: number;
    readonly tokens_this_month: number;
    readonly amount_this_month: string;
  };
  readonly reserved: { readonly in_flight: number; readonly tokens: number; readonly amount: string };
  readonly version: number;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock'>;
type Row = typeof quotas.$inferSelect;

const sameAs = ({ scope, subject }: QuotaSubject) =>
  and(eq(quotas.scope, scope), eq(quotas.subject, subject));

/** @throws `resource_not_found` */
export async function findQuota(
  { database, clock }: Reading & Pick<ControlDependencies, 'clock'>,
  subject: QuotaSubject,
): Promise<ShownQuota> {
  const [row] = await database.select().from(quotas).where(sameAs(subject));
  if (row === undefined) throw notFound('quota', 'subject');
  return show(row, subject, clock.now());
}

/**
 * Sets limits; they hold from the next decision on, and what was used stays counted.
 *
 * @param version that the changes are based on; undefined: any
 * @throws `resource_not_found`, `version_conflict`
 */
export async function setQuota(
  { clock }: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  subject: QuotaSubject,
  changes: QuotaChanges,
  version: number | undefined,
): Promise<ShownQuota> {
  const [updated] = await transaction
    .update(quotas)
    .set({ ...columnsOf(changes), version: sql`${quotas.version} + 1` })
    .where(and(sameAs(subject), version === undefined ? undefined : eq(quotas.version, version)))
    .returning();
  const [present] =
    updated === undefined ? await transaction.select().from(quotas).where(sameAs(subject)) : [];
  const row = requireUpdated(updated, 'quota', 'subject', present?.version);
  return show(row, subject, clock.now());
}

/** The limits of a subject; none where it has no quota. */
export async function limitsOf(
  transaction: Transaction,
  subject: QuotaSubject,
): Promise<Partial<QuotaLimits>> {
  const [row] = await transaction
    .select({
      requestsPerMinute: quotas.requestsPerMinute,
      tokensPerMinute: quotas.tokensPerMinute,
      maxInFlight: quotas.maxInFlight,
      tokensPerDay: quotas.tokensPerDay,
      tokensPerMonth: quotas.tokensPerMonth,
      budgetPerMonth: quotas.budgetPerMonth,
    })
    .from(quotas)
    .where(sameAs(subject));
  return row ?? {};
}

/** The columns of the limits that are there. */
function columnsOf(changes: QuotaChanges): Partial<QuotaLimits> {
  const columns = {
    requestsPerMinute: changes.requests_per_minute,
    tokensPerMinute: changes.tokens_per_minute,
    maxInFlight: changes.max_in_flight,
    tokensPerDay: changes.tokens_per_day,
    tokensPerMonth: changes.tokens_per_month,
    budgetPerMonth: changes.budget_per_month,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

/** A window that is over counts as empty. */
function show(row: Row, { scope, subject }: QuotaSubject, now: number): ShownQuota {
  const inMinute = isPresent('minute', row.minute, now);
  const inMonth = isPresent('month', row.month, now);
  return {
    scope,
    subject,
    limits: {
      requests_per_minute: row.requestsPerMinute,
      tokens_per_minute: row.tokensPerMinute,
      max_in_flight: row.maxInFlight,
      tokens_per_day: row.tokensPerDay,
      tokens_per_month: row.tokensPerMonth,
      budget_per_month: showDecimal(row.budgetPerMonth),
    },
    used: {
      requests_this_minute: inMinute ? row.minuteRequests : 0,
      tokens_this_minute: inMinute ? row.minuteTokens : 0,
      tokens_today: isPresent('day', row.day, now) ? row.dayTokens : 0,
      tokens_this_month: inMonth ? row.monthTokens : 0,
      amount_this_month: showDecimal(inMonth ? row.monthAmount : '0'),
    },
    reserved: {
      in_flight: row.inFlight,
      tokens: row.reservedTokens,
      amount: showDecimal(row.reservedAmount),
    },
    version: row.version,
  };
}

function isPresent(window: 'minute' | 'day' | 'month', startedAt: Date, now: number): boolean {
  return windowStartOf(window, now) <= startedAt.getTime();
}
