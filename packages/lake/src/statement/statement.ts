import { MillraceError } from '@millrace/runtime';
import { withConnection, type Database } from '@millrace/store';
import { quoted } from '../duckdb.ts';
import type { ResultCell } from '../query-result.ts';
import { openLakeSession, type LakeSession, type LakeSessionOptions } from '../lake-session.ts';

/** Amounts are decimal strings with ten digits behind the point. */
export interface Statement {
  readonly tenant: string;
  readonly organisation: string | null;
  /** `2026-11`, in UTC. */
  readonly month: string;
  /** The last row of the ledger that is in it; 0: there is none. */
  readonly lastEntry: number;
  /** Whether its totals were found to be those of the ledger; false: it is of the lake alone. */
  readonly isChecked: boolean;
  readonly currencies: readonly CurrencyStatement[];
}

/** What counts in one currency. */
export interface CurrencyStatement {
  readonly currency: string;
  readonly charged: string;
  readonly adjusted: string;
  readonly credited: string;
  readonly total: string;
  readonly models: readonly ModelLine[];
  readonly days: readonly DayLine[];
  /** Adjustments and credits, oldest first. */
  readonly corrections: readonly CorrectionLine[];
}

export interface ModelLine {
  readonly model: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly amount: string;
}

export interface DayLine {
  readonly day: string;
  readonly model: string;
  readonly requests: number;
  readonly amount: string;
}

export interface CorrectionLine {
  readonly day: string;
  readonly kind: string;
  readonly requestId: string | null;
  readonly model: string | null;
  readonly reason: string | null;
  readonly amount: string;
}

export type StatementOptions = Pick<LakeSessionOptions, 'folder' | 'live' | 'signal'> & {
  readonly tenant: string;
  /** `2026-11`, in UTC. */
  readonly month: string;
};

/**
 * What a tenant owes for a month. With the ledger at hand its totals are compared with what PostgreSQL adds up.
 *
 * @throws as `openLakeSession`; `invalid_value` for no month, or no tenant; `internal_error` where lake and ledger differ
 */
export async function makeStatement(options: StatementOptions): Promise<Statement> {
  const { tenant, month, folder, live, signal } = options;
  const [from, to] = boundsOf(month);
  const rows = `(select * from billing where tenant = ${quoted(tenant)} and closed_at >= timestamptz ${quoted(from)} and closed_at < timestamptz ${quoted(to)})`;
  const queries = queriesOver(rows);
  const session = await openLakeSession({ folder, live, tenant, signal, queries: Object.values(queries) });
  try {
    const [head] = (await session.query(queries.head)).rows;
    const lastEntry = Number(head?.[1] ?? 0);
    const currencies = await readCurrencies(session, queries);
    if (live !== undefined)
      await requireLedger(live.database, { tenant, from, to, lastEntry, month }, currencies);
    return {
      tenant,
      organisation: (head?.[0] as string | null) ?? null,
      month,
      lastEntry,
      isChecked: live !== undefined,
      currencies,
    };
  } finally {
    await session.close();
  }
}

const sumOf = (kind: string): string =>
  `cast(coalesce(sum(amount) filter (where kind = '${kind}'), 0) as DECIMAL(38, 10))`;

type Queries = ReturnType<typeof queriesOver>;

function queriesOver(rows: string) {
  return {
    head: `select any_value(organisation), coalesce(max(entry_number), 0) from ${rows}`,
    totals: `select currency, ${sumOf('charge')}, ${sumOf('adjustment')}, ${sumOf('credit')}, sum(amount) from ${rows} group by currency order by currency`,
    models: `select currency, model, count(*), sum(input_tokens), sum(cached_input_tokens), sum(output_tokens), sum(amount) from ${rows} where kind = 'charge' group by all order by currency, model`,
    days: `select currency, utc_day(closed_at) as day, model, count(*), sum(amount) from ${rows} where kind = 'charge' group by all order by currency, day, model`,
    corrections: `select currency, utc_day(closed_at), kind, request_id, model, reason, amount from ${rows} where kind <> 'charge' order by currency, closed_at, entry_number`,
  };
}

async function readCurrencies(session: LakeSession, queries: Queries): Promise<readonly CurrencyStatement[]> {
  const totals = (await session.query(queries.totals)).rows;
  const models = (await session.query(queries.models)).rows;
  const days = (await session.query(queries.days)).rows;
  const corrections = (await session.query(queries.corrections)).rows;
  return totals.map(([currency, charged, adjusted, credited, total]) => ({
    currency: text(currency),
    charged: text(charged),
    adjusted: text(adjusted),
    credited: text(credited),
    total: text(total),
    models: models
      .filter(([of]) => of === currency)
      .map(([, model, requests, input, cached, output, amount]) => ({
        model: text(model),
        requests: Number(requests),
        inputTokens: Number(input),
        cachedInputTokens: Number(cached),
        outputTokens: Number(output),
        amount: text(amount),
      })),
    days: days
      .filter(([of]) => of === currency)
      .map(([, day, model, requests, amount]) => ({
        day: text(day),
        model: text(model),
        requests: Number(requests),
        amount: text(amount),
      })),
    corrections: corrections
      .filter(([of]) => of === currency)
      .map(([, day, kind, requestId, model, reason, amount]) => ({
        day: text(day),
        kind: text(kind),
        requestId: orNull(requestId),
        model: orNull(model),
        reason: orNull(reason),
        amount: text(amount),
      })),
  }));
}

const text = (cell: ResultCell | undefined): string =>
  typeof cell === 'string' ? cell : JSON.stringify(cell);
const orNull = (cell: ResultCell | undefined): string | null => (typeof cell === 'string' ? cell : null);

/** @throws `invalid_value` */
function boundsOf(month: string): readonly [from: string, to: string] {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/u.exec(month);
  if (match === null)
    throw new MillraceError('invalid_value', `The month is ${month}: it must be one such as 2026-11.`, {
      param: '--month',
    });
  const [year, number] = [Number(match[1]), Number(match[2])];
  return [new Date(Date.UTC(year, number - 1)).toISOString(), new Date(Date.UTC(year, number)).toISOString()];
}

interface LedgerPart {
  readonly tenant: string;
  readonly month: string;
  readonly from: string;
  readonly to: string;
  readonly lastEntry: number;
}

/** Rows behind the last one that is in the statement may have been written since. */
async function requireLedger(
  database: Database,
  { tenant, month, from, to, lastEntry }: LedgerPart,
  currencies: readonly CurrencyStatement[],
): Promise<void> {
  const { rows } = await withConnection(database, (connection) =>
    connection.query<{ readonly currency: string; readonly total: string }>(
      `select currency, sum(amount)::text as total from ledger
       where tenant = $1 and closed_at >= $2 and closed_at < $3 and entry_number <= $4 group by currency order by currency`,
      [tenant, from, to, lastEntry],
    ),
  );
  if (rows.length === 0) await requireTenant(database, tenant);
  const told = currencies.map(({ currency, total }) => `${total} ${currency}`).join(', ');
  const owed = rows.map(({ currency, total }) => `${total} ${currency}`).join(', ');
  if (told !== owed)
    throw new MillraceError(
      'internal_error',
      `The statement of ${tenant} for ${month} adds up to ${told || 'nothing'}, the ledger to ${owed || 'nothing'}: the lake is not of this ledger, or is damaged. Export anew, or name an empty folder with --lake.`,
    );
}

/** A name that was mistyped owes nothing either. */
async function requireTenant(database: Database, tenant: string): Promise<void> {
  const { rows } = await withConnection(database, (connection) =>
    connection.query(
      'select 1 from tenants where id = $1 union all (select 1 from ledger where tenant = $1 limit 1)',
      [tenant],
    ),
  );
  if (rows.length === 0)
    throw new MillraceError('invalid_value', `There is no tenant ${tenant}.`, { param: '--tenant' });
}
