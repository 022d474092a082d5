import { randomUUID } from 'node:crypto';
import { and, eq, sql } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCodec, subjects } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { inTransaction, ledger, outbox, quotas, type Database } from '@millrace/store';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import { adjustCharge, type ChargeToAdjust } from './adjust-charge.ts';
import type { AdjustmentDependencies } from './adjustment.ts';
import { giveCredit, type CreditToGive } from './give-credit.ts';
import { addCharges, adjustmentDependencies, createProject, november } from './ledger.fixture.ts';

const codec = createCodec();
const clock = new ManualClock(november + 60_000);
let postgres: TestDatabase;
let database: Database;
let dependencies: AdjustmentDependencies;

beforeAll(async () => {
  postgres = await startTestDatabase();
  ({ database } = postgres);
  dependencies = adjustmentDependencies(database, clock);
}, 60_000);
afterAll(() => postgres.stop());

const occasion = { reason: 'the answer was cut off', actor: 'mr_admin' };

const adjust = async (asked: ChargeToAdjust) =>
  (await inTransaction(database, (transaction) => adjustCharge(dependencies, transaction, asked))).made;
const credit = async (asked: CreditToGive) =>
  (await inTransaction(database, (transaction) => giveCredit(dependencies, transaction, asked))).made;

async function spentOf(tenant: string): Promise<string | undefined> {
  const whose = and(eq(quotas.scope, 'project'), eq(quotas.subject, tenant));
  const [row] = await database.select({ spent: quotas.monthAmount }).from(quotas).where(whose);
  return row?.spent;
}

async function eventsOf(subject: string) {
  const rows = await database.select().from(outbox).where(eq(outbox.subject, subject)).orderBy(outbox.number);
  return rows.map(({ payload }) => payload);
}

describe('an adjustment', () => {
  it('is a signed row of its request, an event, and what the quota has spent, once for a key', async () => {
    const tenant = await createProject(database, { spent: '3' });
    const [requestId = ''] = await addCharges(database, tenant, 1, { model: 'model', amount: '3' });
    const asked = { tenant, requestId, amount: '-1.25', idempotencyKey: 'first', ...occasion };
    const made = await Promise.all([1, 2, 3].map(() => adjust(asked)));
    expect(made[0]).toMatchObject({ kind: 'adjustment', requestId, amount: '-1.2500000000', ...occasion });
    expect(new Set(made.map(({ entryId }) => entryId)).size).toBe(1);
    expect(await spentOf(tenant)).toBe('1.7500000000');
    const events = (await eventsOf(subjects.adjusted(tenant))).map((bytes) =>
      codec.decode('billing.adjusted', bytes),
    );
    expect(events).toMatchObject([
      {
        kind: 'ADJUSTMENT',
        request_id: requestId,
        amount: '-1.2500000000',
        currency: 'EUR',
        counts_at: november,
        entry_number: made[0]?.entryNumber,
      },
    ]);
    await expect(adjust({ ...asked, amount: '-1' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('gives back no more than was charged, whatever came before', async () => {
    const tenant = await createProject(database);
    const [requestId = ''] = await addCharges(database, tenant, 1, { model: 'model', amount: '3' });
    const asked = { tenant, requestId, ...occasion };
    await adjust({ ...asked, amount: '-2', idempotencyKey: 'first' });
    await expect(
      adjust({ ...asked, amount: '-1.0000000001', idempotencyKey: 'second' }),
    ).rejects.toMatchObject({ code: 'invalid_value', param: 'amount' });
    await adjust({ ...asked, amount: '-1', idempotencyKey: 'second' });
    await adjust({ ...asked, amount: '0.5', idempotencyKey: 'third' });
  });

  it('counts in no quota when the month of its charge is over', async () => {
    const tenant = await createProject(database, { spent: '3' });
    const october = Date.UTC(2026, 9, 31, 23);
    const charges = { model: 'model', amount: '3', at: october };
    const [requestId = ''] = await addCharges(database, tenant, 1, charges);
    const asked = { tenant, requestId, amount: '-1', idempotencyKey: 'first', ...occasion };
    await adjust(asked);
    expect(await spentOf(tenant)).toBe('3.0000000000');
  });

  it('upwards tells which shares of the budget it has reached', async () => {
    const tenant = await createProject(database, { spent: '3', budget: '10' });
    const [requestId = ''] = await addCharges(database, tenant, 1, { model: 'model', amount: '3' });
    const asked = { tenant, requestId, amount: '4', idempotencyKey: 'first', ...occasion };
    await adjust(asked);
    const events = (await eventsOf(subjects.budgetReached('project', tenant))).map((bytes) =>
      codec.decode('budget.reached', bytes),
    );
    expect(events).toMatchObject([{ share: 50, spent: '7.0000000000', budget: '10.0000000000' }]);
  });

  it.each([
    ['of another tenant', { tenant: 'other' }, 'request_not_found'],
    ['of no request', { requestId: randomUUID() }, 'request_not_found'],
    ['of what is no id', { requestId: "' or 1=1 --" }, 'request_not_found'],
    ['of nothing', { amount: '0.000' }, 'invalid_value'],
    ['of no number', { amount: '1e3' }, 'invalid_value'],
    ['of too many digits', { amount: '0.00000000001' }, 'invalid_value'],
    ['without a reason', { reason: ' ' }, 'missing_value'],
    ['with a long reason', { reason: 'x'.repeat(501) }, 'invalid_value'],
    ['of nobody', { actor: '' }, 'missing_value'],
    ['without a key', { idempotencyKey: '' }, 'missing_value'],
  ])('%s is refused', async (_what, changes, code) => {
    const tenant = await createProject(database);
    const [requestId = ''] = await addCharges(database, tenant, 1, { model: 'model', amount: '3' });
    const asked = { tenant, requestId, amount: '-1', idempotencyKey: 'key', ...occasion };
    await expect(adjust({ ...asked, ...changes })).rejects.toMatchObject({ code });
    expect(await eventsOf(subjects.adjusted(tenant))).toEqual([]);
  });
});

describe('a credit', () => {
  it('is a negative row of no request, given once for a key, and leaves the quota as it is', async () => {
    const tenant = await createProject(database, { spent: '3' });
    const asked = { tenant, amount: '20', currency: 'EUR', idempotencyKey: 'transfer 17', ...occasion };
    const given = await Promise.all([1, 2].map(() => credit(asked)));
    expect(given[0]).toMatchObject({ kind: 'credit', requestId: null, amount: '-20.0000000000' });
    expect(given[1]).toEqual(given[0]);
    expect(await spentOf(tenant)).toBe('3.0000000000');
    expect(await eventsOf(subjects.adjusted(tenant))).toHaveLength(1);
    await expect(credit({ ...asked, amount: '21' })).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it.each([
    ['of nothing', { amount: '0' }],
    ['below nothing', { amount: '-1' }],
    ['in no currency', { currency: 'euro' }],
    ['to nobody', { tenant: 'nobody' }],
  ])('%s is refused', async (_what, changes) => {
    const tenant = await createProject(database);
    const asked = { tenant, amount: '1', currency: 'EUR', idempotencyKey: 'key', ...occasion };
    await expect(credit({ ...asked, ...changes })).rejects.toMatchObject({
      code: 'invalid_value',
    });
  });
});

it('numbers all rows without a gap, and none can be changed', async () => {
  const rows = await database.select({ number: ledger.entryNumber }).from(ledger).orderBy(ledger.entryNumber);
  expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
  const change = database.execute(sql`update ledger set amount = 0 where kind <> 'charge'`);
  await expect(change).rejects.toMatchObject({ cause: { message: 'the ledger is only appended to' } });
});
