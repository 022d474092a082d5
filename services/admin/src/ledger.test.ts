import { afterAll, beforeAll, expect, it } from 'vitest';
import { prices } from '@millrace/store';
import { startAdminTest, type AdminTest } from './admin.fixture.ts';

const range = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z', tenant: 'acme-web', model: 'm' };

let admin: AdminTest;
let key: string;
beforeAll(async () => {
  admin = await startAdminTest();
  key = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles: ['admin'], reach: 'platform' });
}, 60_000);
afterAll(() => admin.stop());

const post = (path: string, body: object, idempotencyKey?: string, apiKey = key) =>
  admin.ask(apiKey, 'POST', `/ledger/${path}`, {
    body,
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
  });

it('credits a tenant once under a key', async () => {
  const credit = { tenant: 'acme-web', amount: '25', currency: 'EUR', reason: 'goodwill' };
  const made = await post('credits', credit, 'credit-1');
  expect(made).toMatchObject({ status: 200, body: { kind: 'credit', amount: '-25.0000000000' } });
  expect((await post('credits', credit, 'credit-1')).body).toEqual(made.body);
  const other = await post('credits', { ...credit, amount: '26' }, 'credit-1');
  expect(other.body['error']).toMatchObject({ code: 'idempotency_key_reused' });
  expect((await post('credits', credit)).body['error']).toMatchObject({
    code: 'missing_value',
    param: 'Idempotency-Key',
  });
});

it('is not for those who owe', async () => {
  const own = admin.keyOf({
    tenant: 'acme-web',
    organisation: 'acme',
    roles: ['admin'],
    reach: 'organisation',
  });
  const credit = { tenant: 'acme-web', amount: '25', currency: 'EUR', reason: 'goodwill' };
  expect((await post('credits', credit, 'own-1', own)).status).toBe(403);
});

it('adjusts a charge by no more than it is', async () => {
  const adjustment = {
    tenant: 'acme-web',
    request_id: await admin.charge(),
    amount: '-0.5',
    reason: 'too slow',
  };
  const made = await post('adjustments', adjustment, 'adjustment-1');
  expect(made).toMatchObject({ status: 200, body: { kind: 'adjustment', amount: '-0.5000000000' } });
  const more = await post('adjustments', { ...adjustment, amount: '-1.6' }, 'adjustment-2');
  expect(more.body['error']).toMatchObject({ code: 'invalid_value', param: 'amount' });
});

it('says what other prices would change, and applies just what was shown', async () => {
  await admin.charge();
  const others = [{ model: 'm', currency: 'EUR', input_per_million: '0', output_per_million: '5' }];
  const { body: whatIf } = await post('reratings/preview', { ...range, prices: others });
  expect(whatIf['rows']).toMatchObject([{ tenant: 'acme-web', model: 'm', currency: 'EUR' }]);
  const both = await post('reratings/preview', { ...range, prices: others, book: 'next' });
  expect(both.body['error']).toMatchObject({ code: 'conflicting_values', param: 'prices' });

  const book = { book: 'next', valid_from: '2026-01-01T00:00:00Z' };
  expect((await admin.ask(key, 'POST', '/prices', { body: { ...others[0], ...book } })).status).toBe(201);
  const { body: preview } = await post('reratings/preview', { ...range, book: 'next' });
  expect(preview['rows']).toEqual(whatIf['rows']);
  const rerating = { ...range, book: 'next', reason: 'new contract' };
  const other = await post('reratings', { ...rerating, expected: '0'.repeat(32) }, 'book-1');
  expect(other).toMatchObject({
    status: 412,
    body: { error: { code: 'version_conflict', param: 'expected' } },
  });
  const applied = await post('reratings', { ...rerating, expected: preview['fingerprint'] }, 'book-2');
  expect(applied).toMatchObject({ status: 200, body: { sums: preview['sums'] } });
});

it('says what a re-rating would change, and applies it once', async () => {
  await admin.charge();
  await admin.database.insert(prices).values({
    model: 'm',
    version: 1,
    currency: 'EUR',
    inputPerMillion: '0',
    outputPerMillion: '1.5',
    validFrom: new Date('2026-01-01T00:00:00Z'),
  });
  const { body: preview } = await post('reratings/preview', range);
  expect(preview).toMatchObject({ unpriced: 0, other_currency: 0 });
  const [{ changed }] = preview['sums'] as [{ changed: number }];
  expect(changed).toBeGreaterThan(0);
  const rerating = { ...range, reason: 'wrong price' };
  expect((await post('reratings', rerating, 'rerating-1')).body).toMatchObject({ written: changed });
  expect((await post('reratings', rerating, 'rerating-1')).body).toMatchObject({ written: 0 });
  const turned = await post('reratings/preview', { ...range, from: range.to, to: range.from });
  expect(turned.body['error']).toMatchObject({ code: 'invalid_value', param: 'from' });
});
