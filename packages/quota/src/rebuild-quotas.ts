import { sql } from '@millrace/store/sql';
import type { Bus, StoredMessage } from '@millrace/bus';
import type { AdmissionDecided, Codec } from '@millrace/contracts';
import { MillraceError, type Clock } from '@millrace/runtime';
import { inTransaction, type Database, type Transaction } from '@millrace/store';
import { consumptionOf, settledRow } from './consumption.ts';
import type { RequestPrices } from './request-prices.ts';
import { windowStartOf } from './windows.ts';

export interface RebuildDependencies {
  readonly bus: Pick<Bus, 'read'>;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly database: Database;
  readonly prices: RequestPrices;
}

/** What was found and put right. */
export interface QuotaRebuild {
  /** Decisions and closings read from the streams. */
  readonly decisions: number;
  readonly closings: number;
  /** Claims that the database lacked, and claims that it had open though they were closed. */
  readonly claimsAdded: number;
  readonly claimsClosed: number;
  /** Subjects whose counters were wrong. */
  readonly quotasChanged: number;
}

export interface RebuildOptions {
  /** Only says what would be put right. */
  readonly dryRun?: boolean;
  /** How long admission may have to wait for it; 8 s by default, behind which requests would be delivered again. 0: without a limit. */
  readonly maxLockedMs?: number;
  readonly signal?: AbortSignal;
}

/** Rows written by one statement. */
const pageSize = 1_000;

/**
 * Makes claims and counters anew from the streams of decisions and closings, and what was spent from the ledger as far as it has charged
 * already. It may run while requests come in. It reads the streams first; then admission waits for it,
 * while it reads what has been added, writes the claims that are missing and counts all of them.
 *
 * @throws `overloaded` when admission would have to wait for too long; `unavailable`, `database_unavailable`. Nothing is changed then
 */
export async function rebuildQuotas(
  dependencies: RebuildDependencies,
  { dryRun = false, maxLockedMs = 8_000, signal }: RebuildOptions = {},
): Promise<QuotaRebuild> {
  const { bus, database, clock } = dependencies;
  const decided = new StreamTail(bus, 'ADMISSIONS', 'mr.admission.decided.*');
  const closed = new StreamTail(bus, 'CLOSED', 'mr.request.closed.*.*');
  return inTransaction(database, async (transaction) => {
    await transaction.execute(sql`set local idle_in_transaction_session_timeout = 0`);
    await transaction.execute(sql`create temporary table decided (like claims) on commit drop`);
    await transaction.execute(
      sql`create temporary table closed (request_id uuid primary key, outcome text, closed_at timestamptz, used_tokens bigint, used_amount numeric) on commit drop`,
    );
    const readOn = async (): Promise<void> => {
      for await (const page of decided.pages(signal)) await keepDecisions(dependencies, transaction, page);
      for await (const page of closed.pages(signal)) await keepClosings(dependencies, transaction, page);
    };
    await readOn();
    await transaction.execute(sql`lock table quotas, claims in exclusive mode`);
    const locked = new TimeLimit(clock, maxLockedMs);
    const soon = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      await transaction.execute(sql`select set_config('statement_timeout', ${`${locked.leftMs()}ms`}, true)`);
      return work();
    };
    await soon(readOn);
    const claimsAdded = await soon(() => addClaims(transaction));
    const claimsClosed = await soon(() => closeClaims(transaction));
    const quotasChanged = await soon(() => countAnew(transaction, clock.now()));
    const found = {
      decisions: decided.read,
      closings: closed.read,
      claimsAdded,
      claimsClosed,
      quotasChanged,
    };
    if (dryRun) throw new DryRun(found);
    return found;
  }).catch((error: unknown) => {
    if (error instanceof DryRun) return error.found;
    throw isCancelled(error) ? tooLong(error) : error;
  });
}

/** What is left of a time; without a limit, 0. */
class TimeLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #startedAt: number;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#startedAt = clock.monotonicMs();
  }

  /** @throws `overloaded` when nothing is left */
  leftMs(): number {
    if (this.#limitMs === 0) return 0;
    const left = this.#limitMs - (this.#clock.monotonicMs() - this.#startedAt);
    if (left < 1) throw tooLong();
    return Math.ceil(left);
  }
}

function tooLong(cause?: unknown): MillraceError {
  return new MillraceError(
    'overloaded',
    'Counting takes longer than requests may wait for it. Nothing was changed. Stop auth-quota and try without a limit, or when there is less traffic.',
    { cause },
  );
}

/** Whether PostgreSQL has cancelled a statement for its time (57014). */
function isCancelled(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && cause.code === '57014') return true;
  return false;
}

/** Rolls back what was only tried. */
class DryRun extends Error {
  readonly found: QuotaRebuild;

  constructor(found: QuotaRebuild) {
    super('dry run');
    this.found = found;
  }
}

/** Reads a stream to its end, and on from there when asked again. */
class StreamTail {
  readonly #bus: Pick<Bus, 'read'>;
  readonly #stream: string;
  readonly #subject: string;
  #next = 1;
  read = 0;

  constructor(bus: Pick<Bus, 'read'>, stream: string, subject: string) {
    this.#bus = bus;
    this.#stream = stream;
    this.#subject = subject;
  }

  async *pages(signal: AbortSignal | undefined): AsyncGenerator<readonly StoredMessage[]> {
    let page: StoredMessage[] = [];
    const options = { fromSequence: this.#next, ...(signal === undefined ? {} : { signal }) };
    for await (const message of this.#bus.read(this.#stream, this.#subject, options)) {
      page.push(message);
      this.#next = message.sequence + 1;
      this.read += 1;
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }
}

async function keepDecisions(
  { codec }: RebuildDependencies,
  transaction: Transaction,
  page: readonly StoredMessage[],
): Promise<void> {
  const rows = page.flatMap(({ payload }) => decisionRows(codec, codec.decode('admission.decided', payload)));
  await transaction.execute(sql`
    insert into decided (
      request_id, tenant, organisation, key_id, user_id, model, code, param, reserved_tokens, reserved_amount, decided_at,
      deadline_at, event)
    select
      request_id, tenant, organisation, key_id, user_id, model, code, param, reserved_tokens, reserved_amount, decided_at,
      deadline_at, decode(event, 'base64')
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as decision(
      request_id uuid, tenant text, organisation text, key_id text, user_id text, model text, code text, param text,
      reserved_tokens bigint, reserved_amount numeric, decided_at timestamptz, deadline_at timestamptz, event text)`);
}

function decisionRows(
  codec: Codec,
  { tenant, organisation, decided_at, decisions }: AdmissionDecided,
): object[] {
  return decisions.map(({ request, ...decision }) => ({
    ...decision,
    tenant,
    organisation,
    decided_at: iso(decided_at),
    deadline_at: iso(codec.decode('request.received', request).deadline_at),
    event: Buffer.from(request).toString('base64'),
  }));
}

async function keepClosings(
  { codec, prices }: RebuildDependencies,
  transaction: Transaction,
  page: readonly StoredMessage[],
): Promise<void> {
  const rows = page.map(({ payload }) => {
    const closing = codec.decode('request.closed', payload);
    return settledRow(closing, consumptionOf(closing, prices));
  });
  await transaction.execute(sql`
    insert into closed (request_id, outcome, closed_at, used_tokens, used_amount)
    select request_id, outcome, closed_at, used_tokens, used_amount
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as closing(
      request_id uuid, outcome text, closed_at timestamptz, used_tokens bigint, used_amount numeric)
    on conflict do nothing`);
}

async function addClaims(transaction: Transaction): Promise<number> {
  const { rowCount } = await transaction.execute(sql`
    insert into claims (
      request_id, tenant, organisation, key_id, user_id, model, code, param, message, reserved_tokens, reserved_amount, decided_at,
      deadline_at, event)
    select distinct on (request_id)
      request_id, tenant, organisation, key_id, user_id, model, code, param, code, reserved_tokens, reserved_amount, decided_at,
      deadline_at, event
    from decided where tenant in (select id from tenants) order by request_id
    on conflict do nothing`);
  return rowCount ?? 0;
}

async function closeClaims(transaction: Transaction): Promise<number> {
  const { rowCount } = await transaction.execute(sql`
    update claims as claim set
      closed_at = closed.closed_at, outcome = closed.outcome, used_tokens = closed.used_tokens,
      used_amount = coalesce(
        (select amount from ledger where kind = 'charge' and ledger.request_id = claim.request_id), closed.used_amount)
    from closed where closed.request_id = claim.request_id and claim.closed_at is null`);
  return rowCount ?? 0;
}

/** The counters as a function of the claims and of the adjustments: what admission, settlement and adjustments add up step by step. */
async function countAnew(transaction: Transaction, now: number): Promise<number> {
  const minute = iso(windowStartOf('minute', now));
  const day = iso(windowStartOf('day', now));
  const month = iso(windowStartOf('month', now));
  const { rowCount } = await transaction.execute(sql`
    with owned as (
      select owner.scope, owner.subject, claim.* from claims as claim cross join lateral (values
        ('organisation', organisation), ('project', tenant), ('user', user_id), ('key', key_id), ('model', model)) as owner(scope, subject)
      where owner.subject is not null and code is null
        and (closed_at is null or closed_at >= ${month}::timestamptz or decided_at >= ${minute}::timestamptz)),
    adjusted as (
      select owner.scope, owner.subject, sum(entry.amount) as amount
      from ledger as entry join claims as claim on claim.request_id = entry.request_id cross join lateral (values
        ('organisation', claim.organisation), ('project', claim.tenant), ('user', claim.user_id), ('key', claim.key_id),
        ('model', claim.model)) as owner(scope, subject)
      where entry.kind = 'adjustment' and entry.closed_at >= ${month}::timestamptz group by owner.scope, owner.subject),
    settled as (
      select
        quota.scope, quota.subject,
        count(*) filter (where owned.request_id is not null and closed_at is null) as in_flight,
        coalesce(sum(owned.reserved_tokens) filter (where closed_at is null), 0) as reserved_tokens,
        coalesce(sum(owned.reserved_amount) filter (where closed_at is null), 0) as reserved_amount,
        count(*) filter (where decided_at >= ${minute}::timestamptz) as minute_requests,
        coalesce(sum(used_tokens) filter (where closed_at >= ${minute}::timestamptz), 0) as minute_tokens,
        coalesce(sum(used_tokens) filter (where closed_at >= ${day}::timestamptz), 0) as day_tokens,
        coalesce(sum(used_tokens) filter (where closed_at >= ${month}::timestamptz), 0) as month_tokens,
        coalesce(sum(used_amount) filter (where closed_at >= ${month}::timestamptz), 0) as month_amount
      from quotas as quota left join owned on owned.scope = quota.scope and owned.subject = quota.subject
      group by quota.scope, quota.subject),
    counted as (
      select
        settled.scope, settled.subject, in_flight, reserved_tokens, reserved_amount, minute_requests, minute_tokens, day_tokens,
        month_tokens, month_amount + coalesce(adjusted.amount, 0) as month_amount
      from settled left join adjusted on adjusted.scope = settled.scope and adjusted.subject = settled.subject),
    current as (
      select
        scope, subject, in_flight, reserved_tokens, reserved_amount,
        case when minute >= ${minute}::timestamptz then minute_requests else 0 end as minute_requests,
        case when minute >= ${minute}::timestamptz then minute_tokens else 0 end as minute_tokens,
        case when day >= ${day}::timestamptz then day_tokens else 0 end as day_tokens,
        case when month >= ${month}::timestamptz then month_tokens else 0 end as month_tokens,
        case when month >= ${month}::timestamptz then month_amount else 0 end as month_amount
      from quotas),
    wrong as (select * from counted except select * from current)
    update quotas as quota set
      in_flight = wrong.in_flight, reserved_tokens = wrong.reserved_tokens, reserved_amount = wrong.reserved_amount,
      minute = ${minute}::timestamptz, minute_requests = wrong.minute_requests, minute_tokens = wrong.minute_tokens,
      day = ${day}::timestamptz, day_tokens = wrong.day_tokens,
      month = ${month}::timestamptz, month_tokens = wrong.month_tokens, month_amount = wrong.month_amount
    from wrong where quota.scope = wrong.scope and quota.subject = wrong.subject`);
  return rowCount ?? 0;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
