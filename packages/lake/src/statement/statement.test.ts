import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import { ledger } from '@millrace/store';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import {
  charge,
  chargeOf,
  close,
  codec,
  exportTo,
  startTestStreams,
  type TestStreams,
} from '../lake.fixture.ts';
import { makeStatement } from './statement.ts';
import { money, statementHtml } from './statement-html.ts';

const parts: Stoppable[] = [];
let streams: TestStreams;
let postgres: TestDatabase;
let entryNumber = 0;

type Entry = typeof ledger.$inferInsert;

async function write(changes: Partial<Entry>): Promise<Entry> {
  entryNumber += 1;
  const at = new Date('2026-11-05T10:00:00Z');
  const entry: Entry = {
    entryId: randomUUID(),
    entryNumber,
    requestId: randomUUID(),
    organisation: 'acme-group',
    tenant: 'acme',
    model: 'small',
    outcome: 'completed',
    inputTokens: 100,
    cachedInputTokens: 10,
    outputTokens: 20,
    amount: '0.0000123000',
    currency: 'EUR',
    closedAt: at,
    chargedAt: at,
    ...changes,
  };
  await postgres.database.insert(ledger).values(entry);
  return entry;
}

beforeAll(async () => {
  streams = await startTestStreams();
  parts.push(streams);
  postgres = await startTestDatabase();
  parts.push(postgres);
  await write({ closedAt: new Date('2026-10-31T23:59:59.999Z'), amount: '1000' });
  await write({ closedAt: new Date('2026-11-01T00:00:00Z') });
  const adjusted = await write({ model: 'large <b>', amount: '1234.5' });
  await write({ closedAt: new Date('2026-11-30T23:59:59.999Z') });
  await write({ closedAt: new Date('2026-12-01T00:00:00Z'), amount: '1000' });
  await write({ tenant: 'zeta', amount: '1000' });
  const none = {
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    adjustmentId: randomUUID(),
    actor: 'operator',
  };
  await write({
    ...none,
    kind: 'adjustment',
    requestId: adjusted.requestId ?? null,
    model: 'large <b>',
    outcome: 'adjusted',
    amount: '-234.5',
    reason: 'Charged <twice> & "more"',
  });
  await write({
    ...none,
    kind: 'credit',
    requestId: null,
    model: '',
    outcome: 'credited',
    amount: '-0.25',
    reason: 'Outage',
    adjustmentId: randomUUID(),
  });
  await write({ currency: 'USD', amount: '2' });
});
afterAll(() => stopInReverse(parts));

const live = () => ({ bus: streams.bus, codec, database: postgres.database });
const { signal } = new AbortController();

it('adds up what the ledger does, to the last digit', async () => {
  const folder = await streams.newFolder();
  const statement = await makeStatement({ tenant: 'acme', month: '2026-11', folder, live: live(), signal });
  expect(statement).toMatchObject({
    tenant: 'acme',
    organisation: 'acme-group',
    isChecked: true,
    lastEntry: entryNumber,
    currencies: [
      {
        currency: 'EUR',
        charged: '1234.5000246000',
        adjusted: '-234.5000000000',
        credited: '-0.2500000000',
        total: '999.7500246000',
        models: [
          {
            model: 'large <b>',
            requests: 1,
            inputTokens: 100,
            cachedInputTokens: 10,
            outputTokens: 20,
            amount: '1234.5000000000',
          },
          { model: 'small', requests: 2, amount: '0.0000246000' },
        ],
        days: [
          { day: '2026-11-01', model: 'small', requests: 1 },
          { day: '2026-11-05', model: 'large <b>' },
          { day: '2026-11-30', model: 'small' },
        ],
        corrections: [
          { day: '2026-11-05', kind: 'adjustment', model: 'large <b>', amount: '-234.5000000000' },
          {
            day: '2026-11-05',
            kind: 'credit',
            requestId: null,
            model: null,
            reason: 'Outage',
            amount: '-0.2500000000',
          },
        ],
      },
      { currency: 'USD', total: '2.0000000000', corrections: [] },
    ],
  });
  const { rows } = await postgres.database.$client.query(
    `select currency, sum(amount)::text as total from ledger where tenant = 'acme' and to_char(closed_at at time zone 'UTC', 'YYYY-MM') = '2026-11' group by 1 order by 1`,
  );
  expect(statement.currencies.map(({ currency, total }) => ({ currency, total }))).toEqual(rows);
});

it('is HTML that needs nothing else, and in which texts stay texts', async () => {
  const folder = await streams.newFolder();
  const page = await statementHtml(
    await makeStatement({ tenant: 'acme', month: '2026-11', folder, live: live(), signal }),
  );
  expect(page).toContain('<h1>Statement for November 2026</h1>');
  expect(page).toMatch(/<dt>Total<\/dt>\s*<dd>999\.7500246 EUR<\/dd>/u);
  expect(page).toContain('Charged &lt;twice&gt; &amp; &quot;more&quot;');
  expect(page).toContain('large &lt;b&gt;');
  expect(page).toContain('<svg ');
  expect(page).not.toMatch(/<script|<link|src=|<b>|https?:(?!\/\/www\.w3\.org\/)/u);
});

it('of a month without charges says so', async () => {
  const folder = await streams.newFolder();
  const statement = await makeStatement({ tenant: 'acme', month: '2025-01', folder, live: live(), signal });
  expect(statement).toMatchObject({ lastEntry: 0, organisation: null, currencies: [] });
  expect(await statementHtml(statement)).toContain('Nothing was charged in this month.');
  await expect(
    makeStatement({ tenant: 'acmee', month: '2026-11', folder, live: live(), signal }),
  ).rejects.toThrow('There is no tenant acmee.');
  await expect(
    makeStatement({ tenant: 'acme', month: '2025-13', folder, live: live(), signal }),
  ).rejects.toThrow('The month is 2025-13');
});

it('is refused where the lake is not of the ledger', async () => {
  const folder = await streams.newFolder();
  const closing = await close(streams.bus, 'acme', { closed_at: Date.parse('2026-11-05T10:00:00Z') });
  await charge(streams.bus, chargeOf(closing, 2, { amount: '0.0000999000' }));
  await exportTo(streams.bus, folder);
  await expect(
    makeStatement({ tenant: 'acme', month: '2026-11', folder, live: live(), signal }),
  ).rejects.toThrow('adds up to 999.7501122000 EUR, 2.0000000000 USD, the ledger to 999.7500246000 EUR');
});

it.each([
  ['0.0000000000', '0.00'],
  ['-1234567.1000000000', '−1,234,567.10'],
  ['0.0000123000', '0.0000123'],
])('%s is shown as %s', (amount, shown) => {
  expect(money(amount)).toBe(shown);
});
