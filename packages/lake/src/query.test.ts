import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BillingCharged, RequestClosed } from '@millrace/contracts';
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import { ledger, prices, quotas, tenants } from '@millrace/store';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import {
  adjust,
  charge,
  chargeOf,
  close,
  codec,
  creditOf,
  dayMs,
  exportTo,
  noon,
  startTestStreams,
  type TestStreams,
} from './lake.fixture.ts';
import { openDuckDb } from './duckdb.ts';
import { openLakeSession } from './lake-session.ts';

const parts: Stoppable[] = [];
let streams: TestStreams;
let postgres: TestDatabase;
let folder: string;
let entryNumber = 0;

/** Ends a request and charges it: in the stream, and in the ledger. */
async function charged(
  tenant: string,
  amount: string,
  changes: Partial<RequestClosed> = {},
): Promise<RequestClosed> {
  const closing = await close(streams.bus, tenant, { closed_at: noon, ...changes });
  entryNumber += 1;
  const entry = chargeOf(closing, entryNumber, { amount });
  await charge(streams.bus, entry);
  await inLedger(entry);
  return closing;
}

async function inLedger(entry: BillingCharged): Promise<void> {
  await postgres.database.insert(ledger).values({
    entryId: entry.entry_id,
    entryNumber: entry.entry_number,
    requestId: entry.request_id,
    tenant: entry.tenant,
    model: entry.model,
    modelVersion: entry.model_version,
    keyId: entry.key_id,
    operation: entry.operation,
    outcome: entry.outcome,
    inputTokens: entry.usage.input_tokens,
    cachedInputTokens: entry.usage.cached_input_tokens,
    outputTokens: entry.usage.output_tokens,
    amount: entry.amount,
    currency: entry.currency,
    closedAt: new Date(entry.closed_at),
    chargedAt: new Date(entry.charged_at),
  });
}

const timed = (total: number, first: number) => ({
  timings: { queue_ms: 1, prefill_ms: 2, time_to_first_token_ms: first, total_ms: total },
});

beforeAll(async () => {
  streams = await startTestStreams();
  parts.push(streams);
  postgres = await startTestDatabase();
  parts.push(postgres);
  folder = await streams.newFolder();
  await postgres.database.insert(tenants).values({ id: 'acme', name: 'Acme' });
  await postgres.database.insert(quotas).values({ scope: 'project', subject: 'acme', budgetPerMonth: '10' });
  await postgres.database.insert(prices).values({
    model: 'model',
    version: 1,
    currency: 'EUR',
    inputPerMillion: '1',
    outputPerMillion: '2',
    validFrom: new Date(0),
  });

  const first = await charged('acme', '1.0000000000', timed(100, 10));
  await charged('acme', '2.0000000000', timed(200, 20));
  await charged('zeta', '4.0000000000', timed(300, 30));
  await charged('acme', '0.2500000000', {
    cache: { kind: 'SEMANTIC', similarity: 0.9, request_id: first.request_id },
    closed_at: noon + dayMs,
    ...timed(5, 5),
  });
  for (const code of ['insufficient_quota', 'insufficient_quota', 'rate_limit_exceeded'])
    await close(streams.bus, 'acme', {
      closed_at: noon,
      outcome: 'REJECTED',
      failure: { code, message: 'No.', param: 'budget_per_month', retryable: false, retry_after_ms: null },
    });
  const credit = creditOf('acme', (entryNumber += 1), '-0.5000000000', noon + dayMs);
  await adjust(streams.bus, credit);
  await postgres.database.insert(ledger).values({
    entryId: credit.entry_id,
    entryNumber,
    kind: 'credit',
    tenant: 'acme',
    model: '',
    outcome: 'credited',
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    amount: credit.amount,
    currency: 'EUR',
    reason: credit.reason,
    actor: credit.actor,
    adjustmentId: credit.adjustment_id,
    closedAt: new Date(credit.counts_at),
    chargedAt: new Date(credit.adjusted_at),
  });
  await exportTo(streams.bus, folder, { datasets: ['requests', 'billing', 'audit'] });
}, 180_000);
afterAll(() => stopInReverse(parts));

async function ask(
  sql: string,
  options: { readonly isLive?: boolean; readonly lake?: string; readonly tenant?: string } = {},
) {
  const session = await openLakeSession({
    folder: options.lake ?? folder,
    live: options.isLive === true ? { bus: streams.bus, codec, database: postgres.database } : undefined,
    tenant: options.tenant,
    queries: [sql],
    signal: new AbortController().signal,
  });
  try {
    const { columns, rows } = await session.query(sql);
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
  } finally {
    await session.close();
  }
}

describe('shipped views', () => {
  it('add up the cost by tenant, model and day', async () => {
    expect(await ask('select * from cost_by_tenant_model_day')).toMatchObject([
      {
        day: '2026-11-27',
        tenant: 'acme',
        model: 'model',
        currency: 'EUR',
        requests: 2,
        input_tokens: 6,
        output_tokens: 8,
        amount: '3.0000000000',
      },
      { day: '2026-11-27', tenant: 'zeta', requests: 1, charged: '4.0000000000', amount: '4.0000000000' },
      { day: '2026-11-28', tenant: 'acme', model: 'model', requests: 1, amount: '0.2500000000' },
      {
        day: '2026-11-28',
        tenant: 'acme',
        model: null,
        requests: 0,
        credited: '-0.5000000000',
        amount: '-0.5000000000',
      },
    ]);
  });

  it('give tokens and latencies', async () => {
    expect(
      await ask(`select * from tokens_and_latency where tenant = 'acme' and day = '2026-11-27'`),
    ).toEqual([
      {
        day: '2026-11-27',
        tenant: 'acme',
        model: 'model',
        requests: 2,
        input_tokens: 6,
        cached_input_tokens: 0,
        output_tokens: 8,
        p50_ms: 150,
        p95_ms: 195,
        p99_ms: 199,
        first_token_p50_ms: 15,
        first_token_p95_ms: 19.5,
        first_token_p99_ms: 19.9,
      },
    ]);
  });

  it('count rejections by their reason', async () => {
    expect(await ask('select reason, "limit", requests, keys from rejections_by_reason')).toEqual([
      { reason: 'insufficient_quota', limit: 'budget_per_month', requests: 2, keys: 1 },
      { reason: 'rate_limit_exceeded', limit: 'budget_per_month', requests: 1, keys: 1 },
    ]);
  });

  it('say what the cache has saved', async () => {
    expect(await ask('select * from cache_savings')).toMatchObject([
      {
        day: '2026-11-28',
        tenant: 'acme',
        cached_answers: 1,
        semantic_answers: 1,
        output_tokens_saved: 4,
        would_have_cost: '1.0000000000',
        was_charged: '0.2500000000',
        saved: '0.7500000000',
        unpriced: 0,
      },
    ]);
  });

  it('burn budgets down', async () => {
    const sql = `select day, spent, spent_in_month, budget, remaining, percent from budget_burn_down where scope = 'project' and subject = 'acme'`;
    expect(await ask(sql, { isLive: true })).toEqual([
      {
        day: '2026-11-27',
        spent: '3.0000000000',
        spent_in_month: '3.0000000000',
        budget: '10.0000000000',
        remaining: '7.0000000000',
        percent: 30,
      },
      {
        day: '2026-11-28',
        spent: '-0.2500000000',
        spent_in_month: '2.7500000000',
        budget: '10.0000000000',
        remaining: '7.2500000000',
        percent: 27.5,
      },
    ]);
    expect(await ask(sql)).toMatchObject([
      { budget: null },
      { budget: null, spent_in_month: '2.7500000000' },
    ]);
  });
});

describe('live', () => {
  it('has what is newer than the lake, each row once, beside tables of the database', async () => {
    const late = await charged('acme', '0.1250000000', { closed_at: noon + 2 * dayMs });
    const counts =
      'select (select count(*) from requests) as requests, (select count(*) from billing) as billing, (select sum(amount) from billing) as amount';
    expect(await ask(counts)).toEqual([{ requests: 7, billing: 5, amount: '6.7500000000' }]);
    const nothing = await streams.newFolder();
    for (const lake of [folder, nothing])
      expect(await ask(counts, { isLive: true, lake })).toEqual([
        { requests: 8, billing: 6, amount: '6.8750000000' },
      ]);
    expect(await ask(counts, { isLive: true, lake: nothing, tenant: 'zeta' })).toEqual([
      { requests: 1, billing: 1, amount: '4.0000000000' },
    ]);
    expect(
      await ask(
        `select t.name, p.input_per_million, b.amount, r.total_ms, b.day from billing b join requests r using (request_id)
         join tenants t on t.id = b.tenant join prices p on p.model = b.model where b.request_id = '${late.request_id}'`,
        { isLive: true },
      ),
    ).toEqual([
      {
        name: 'Acme',
        input_per_million: '1.0000000000',
        amount: '0.1250000000',
        total_ms: 4,
        day: '2026-11-29',
      },
    ]);
  });

  it('is needed for tables of the database', async () => {
    await expect(ask('select * from tenants')).rejects.toThrow(
      'tenants is a table of the database, which was not asked for: add --live.',
    );
  });
});

describe('a query', () => {
  it('ends when it is interrupted', async () => {
    const sql = 'select sum(a.range * b.range) from range(100000000) as a, range(100000000) as b';
    const interruption = new AbortController();
    const { signal } = interruption;
    const session = await openLakeSession({
      folder,
      live: undefined,
      tenant: undefined,
      queries: [sql],
      signal,
    });
    try {
      const answer = session.query(sql);
      interruption.abort(new Error('It was interrupted.'));
      await expect(answer).rejects.toThrow('It was interrupted.');
    } finally {
      await session.close();
    }
  });

  it('says what is missing where DuckDB is', async () => {
    await expect(openDuckDb(() => Promise.reject(new Error('no binary')))).rejects.toThrow(
      /^There is no DuckDB for .* Without it, export writes Avro alone\.$/u,
    );
  });

  it.each([
    ["copy (select 1) to '/tmp/out.csv'", 'A query may only read: it must be a SELECT.'],
    ["copy requests to 'x.parquet' (format parquet)", 'A query may only read'],
    ['create table x as select 1', 'A query may only read'],
    ["insert into tenants (id) values ('x')", 'A query may only read'],
    ["attach '/tmp/x.db' as x", 'A query may only read'],
    ["install 'httpfs'", 'A query may only read'],
    ["set memory_limit = '1GB'", 'A query may only read'],
    ['pragma database_list', 'A query may only read'],
    ['explain analyze select 1', 'A query may only read'],
    ['select 1; select 2', 'A query is one statement; these are 2.'],
    ['', 'A query is one statement; these are 0.'],
    ["select * from read_text('/etc/passwd')", 'disabled by configuration'],
    ["select * from '/etc/passwd'", 'The query failed'],
    ["select * from read_csv('/proc/self/environ')", 'disabled by configuration'],
    ["select * from glob('/*')", 'disabled by configuration'],
    ["select * from read_parquet('https://example.com/x.parquet')", 'The query failed'],
    ['selec 1', 'The query cannot be read: syntax error'],
    ['select * from nowhere', 'nowhere does not exist'],
  ])('%s is refused', async (sql, why) => {
    await expect(ask(sql)).rejects.toThrow(why);
  });

  it('reads no file of the folder that is not of the lake', async () => {
    const other = path.join(folder, 'requests', 'secret.csv');
    await writeFile(other, 'a\n1\n');
    await expect(ask(`select * from '${other}'`)).rejects.toThrow('The query failed');
  });

  it('says where there is no lake', async () => {
    const nothing = await streams.newFolder();
    await expect(ask('select 1', { lake: nothing })).rejects.toThrow(
      `There is no Parquet of a lake in ${nothing}`,
    );
  });
});
