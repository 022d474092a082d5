import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { and, eq } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Price } from '@millrace/pricing';
import { ManualClock } from '@millrace/runtime';
import { execute, inTransaction, ledger, outbox, quotas, type Database } from '@millrace/store';
import { startTestDatabase, type TestDatabase } from '@millrace/testkit';
import { subjects } from '@millrace/contracts';
import { adjustCharge } from './adjust-charge.ts';
import type { AdjustmentDependencies } from './adjustment.ts';
import { addCharges, addPrice, adjustmentDependencies, createProject, november } from './ledger.fixture.ts';
import { findPrices } from './ledger-queries.ts';
import { applyRerating, previewRerating } from './rerate.ts';

const clock = new ManualClock(november + 60_000);
const range = { from: november - 60_000, to: november + 60_000 };
const occasion = { reason: 'a wrong price', actor: 'mr_admin' };
let postgres: TestDatabase;
let database: Database;
let dependencies: AdjustmentDependencies;

beforeAll(async () => {
  postgres = await startTestDatabase();
  ({ database } = postgres);
  dependencies = adjustmentDependencies(database, clock);
}, 60_000);
afterAll(() => postgres.stop());

/** A model that cost 2 for each charge. */
async function newModel(): Promise<string> {
  const model = `model-${randomUUID()}`;
  await addPrice(database, { model, version: 1, output: '2' });
  return model;
}

async function adjustmentsOf(model: string) {
  const whose = and(eq(ledger.kind, 'adjustment'), eq(ledger.model, model));
  return database.select().from(ledger).where(whose).orderBy(ledger.entryNumber);
}

async function spentOf(tenant: string): Promise<string | undefined> {
  const [row] = await database.select().from(quotas).where(eq(quotas.subject, tenant));
  return row?.monthAmount;
}

it('previews, and applies as signed adjustments, by the price of the moment in which a request came in', async () => {
  const model = await newModel();
  const tenant = await createProject(database, { spent: '12' });
  const earlier = await addCharges(database, tenant, 3, { model, amount: '2', at: november - 10_000 });
  await addCharges(database, tenant, 3, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '1.5', from: november - 5_000 });

  const sums = [
    {
      currency: 'EUR',
      charges: 6,
      changed: 3,
      before: '12.0000000000',
      after: '10.5000000000',
      difference: '-1.5000000000',
    },
  ];
  const preview = { sums, unpriced: 0, otherCurrency: 0 };
  expect(await previewRerating(database, { ...range, model })).toMatchObject(preview);
  expect(await adjustmentsOf(model)).toEqual([]);

  const run = randomUUID();
  const applied = await applyRerating(dependencies, { ...range, model, run, ...occasion });
  expect(applied).toMatchObject({ ...preview, written: 3 });
  const rows = await adjustmentsOf(model);
  expect(rows.map(({ amount }) => amount)).toEqual(Array(3).fill('-0.5000000000'));
  expect(rows.every(({ requestId }) => !earlier.includes(requestId ?? ''))).toBe(true);
  expect(rows[0]).toMatchObject({ priceVersion: 2, adjustmentId: run, ...occasion });
  expect(await spentOf(tenant)).toBe('10.5000000000');
  const messages = await database
    .select()
    .from(outbox)
    .where(eq(outbox.subject, subjects.adjusted(tenant)));
  expect(messages).toHaveLength(3);

  for (const again of [run, randomUUID()])
    expect(await applyRerating(dependencies, { ...range, model, run: again, ...occasion })).toMatchObject({
      written: 0,
    });
});

it('goes by the latest price when prices change again, and leaves what was adjusted by hand', async () => {
  const model = await newModel();
  const tenant = await createProject(database);
  const [requestId = ''] = await addCharges(database, tenant, 1, { model, amount: '2' });
  await inTransaction(database, (transaction) =>
    adjustCharge(dependencies, transaction, {
      tenant,
      requestId,
      amount: '-0.3',
      idempotencyKey: 'k',
      ...occasion,
    }),
  );
  for (const [version, output] of [
    [2, '5'],
    [3, '1'],
  ] as const) {
    await addPrice(database, { model, version, output });
    await applyRerating(dependencies, { ...range, model, run: randomUUID(), ...occasion });
  }
  const amounts = (await adjustmentsOf(model)).map(({ amount }) => Number(amount));
  expect(amounts).toEqual([-0.3, 3, -4]);
});

it('keeps to the tenant and the time that are asked for', async () => {
  const model = await newModel();
  const [tenant, other] = [await createProject(database), await createProject(database)];
  await addCharges(database, tenant, 2, { model, amount: '2' });
  await addCharges(database, tenant, 1, { model, amount: '2', at: range.to + 60_000 });
  await addCharges(database, other, 2, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '3' });
  const preview = await previewRerating(database, { ...range, model, tenant });
  expect(preview.sums).toMatchObject([{ charges: 2, changed: 2 }]);
});

it('leaves charges without a price now, and those whose price is in another currency, and says so', async () => {
  const model = `model-${randomUUID()}`;
  const tenant = await createProject(database);
  await addCharges(database, tenant, 2, { model, amount: '2' });
  expect(await previewRerating(database, { ...range, model })).toMatchObject({ unpriced: 2 });
  await addPrice(database, { model, version: 1, output: '1', currency: 'USD' });
  const found = await applyRerating(dependencies, { ...range, model, run: randomUUID(), ...occasion });
  expect(found).toMatchObject({ unpriced: 0, otherCurrency: 2, written: 0 });
});

it('writes each adjustment once when several runs are at it at once', async () => {
  const model = await newModel();
  const tenant = await createProject(database, { spent: '60' });
  await addCharges(database, tenant, 30, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '3' });
  const run = randomUUID();
  const runs = await Promise.all(
    [run, run, randomUUID()].map((each) =>
      applyRerating(dependencies, { ...range, model, run: each, ...occasion }, { pageSize: 7 }),
    ),
  );
  expect(runs.reduce((sum, { written }) => sum + written, 0)).toBe(30);
  expect(await adjustmentsOf(model)).toHaveLength(30);
  expect(await spentOf(tenant)).toBe('90.0000000000');
});

it('goes on where a process left off that was killed', async () => {
  const model = await newModel();
  const tenant = await createProject(database, { spent: '200' });
  await addCharges(database, tenant, 100, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '1' });
  const run = randomUUID();
  const script = fileURLToPath(new URL('rerating-child.fixture.ts', import.meta.url));
  const child = fork(script, [postgres.url, run, model, String(range.from), String(range.to)]);
  const exited = once(child, 'exit');
  child.on('message', ({ written }: { readonly written: number }) => {
    if (written >= 30) child.kill('SIGKILL');
  });
  expect(await exited).toEqual([null, 'SIGKILL']);
  const before = (await adjustmentsOf(model)).length;
  expect(before).toBeGreaterThanOrEqual(30);

  const applied = await applyRerating(dependencies, { ...range, model, run, ...occasion });
  expect(applied.written).toBe(100 - before);
  const rows = await adjustmentsOf(model);
  expect(new Set(rows.map(({ requestId }) => requestId)).size).toBe(100);
  expect(rows).toHaveLength(100);
  expect(await spentOf(tenant)).toBe('100.0000000000');
});

it.each([
  ['a range that is none', { from: range.to, to: range.from }, 'from'],
  ['a moment that is none', { to: Number.NaN }, 'from'],
  ['a run that is none', { run: 'one' }, 'run'],
])('refuses %s', async (_what, changes, param) => {
  const asked = { ...range, run: randomUUID(), ...occasion, ...changes };
  await expect(applyRerating(dependencies, asked)).rejects.toMatchObject({ code: 'invalid_value', param });
});

it('says by tenant and model what another book, or prices in no book, would change', async () => {
  const model = await newModel();
  const [one, two] = [await createProject(database), await createProject(database)];
  await addCharges(database, one, 2, { model, amount: '2' });
  await addCharges(database, two, 1, { model, amount: '2' });
  await addPrice(database, { model, version: 1, output: '3', book: 'next-year' });
  const before = [
    { tenant: one, charges: 2, before: '4.0000000000', after: '6.0000000000', difference: '2.0000000000' },
    { tenant: two, charges: 1, before: '2.0000000000', after: '3.0000000000', difference: '1.0000000000' },
  ].toSorted((a, b) => a.tenant.localeCompare(b.tenant));
  const preview = await previewRerating(database, { ...range, model, book: 'next-year' });
  expect(preview.rows).toMatchObject(before.map((row) => ({ model, currency: 'EUR', ...row })));
  expect(preview.sums).toMatchObject([{ charges: 3, changed: 3, difference: '3.0000000000' }]);

  const whatIf = [{ ...(await priceOf(model)), outputPerMillion: '1' }];
  const cheaper = await previewRerating(database, { ...range, model }, { whatIf });
  expect(cheaper.sums).toMatchObject([{ difference: '-3.0000000000' }]);
  expect(cheaper.fingerprint).not.toBe(preview.fingerprint);

  const asked = { ...range, model, book: 'next-year', run: randomUUID(), ...occasion };
  expect(await applyRerating(dependencies, asked)).toMatchObject({ written: 3 });
  const rows = await adjustmentsOf(model);
  expect(rows.map(({ priceBook }) => priceBook)).toEqual(Array(3).fill('next-year'));
});

it('applies what was shown and nothing else, also where it goes on', async () => {
  const model = await newModel();
  const tenant = await createProject(database);
  const [first = ''] = await addCharges(database, tenant, 4, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '3' });
  const { fingerprint: expected } = await previewRerating(database, { ...range, model });
  const asked = { ...range, model, run: randomUUID(), ...occasion, expected };

  // Cut off behind its first page, it goes on.
  const stop = new AbortController();
  const options = { pageSize: 2, signal: stop.signal, onPage: () => stop.abort(new Error('cut off')) };
  await expect(applyRerating(dependencies, asked, options)).rejects.toThrow('cut off');
  expect(await adjustmentsOf(model)).toHaveLength(2);
  expect(await applyRerating(dependencies, asked)).toMatchObject({ written: 2 });
  expect(await applyRerating(dependencies, asked)).toMatchObject({ written: 0 });

  // Another price, or another charge, is another re-rating.
  await addPrice(database, { model, version: 3, output: '4' });
  const changed = { code: 'version_conflict', param: 'expected' };
  await expect(applyRerating(dependencies, { ...asked, run: randomUUID() })).rejects.toMatchObject(changed);
  const { fingerprint: next } = await previewRerating(database, { ...range, model });
  await addCharges(database, tenant, 1, { model, amount: '2' });
  const late = { ...asked, run: randomUUID(), expected: next };
  await expect(applyRerating(dependencies, late)).rejects.toMatchObject(changed);
  expect((await adjustmentsOf(model)).filter(({ requestId }) => requestId === first)).toHaveLength(1);
});

it('stops where a price is changed while it is applied, and says how much was written', async () => {
  const model = await newModel();
  const tenant = await createProject(database);
  await addCharges(database, tenant, 4, { model, amount: '2' });
  await addPrice(database, { model, version: 2, output: '3' });
  const { fingerprint: expected } = await previewRerating(database, { ...range, model });
  const asked = { ...range, model, run: randomUUID(), ...occasion, expected };
  const onPage = (): Promise<void> => addPrice(database, { model, version: 3, output: '5' });
  const outcome = applyRerating(dependencies, asked, { pageSize: 2, onPage });
  await expect(outcome).rejects.toThrow(/2 entries were written before/);
});

/** The price of a model as it stands now. */
async function priceOf(model: string): Promise<Price> {
  const [price] = await execute(database, findPrices([model]));
  if (price === undefined) throw new Error(`${model} has no price`);
  return price;
}
