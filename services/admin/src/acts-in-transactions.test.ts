import { randomUUID } from 'node:crypto';
import { eq, sql } from '@millrace/store/sql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  controlChanges,
  dataPolicies,
  erasures,
  identityProviders,
  ledger,
  outbox,
  prices,
  trainingExamples,
} from '@millrace/store';
import { startAdminTest, type AdminTest, type Target } from './admin.fixture.ts';

let admin: AdminTest;
let platform: string;
let target: Target;
beforeAll(async () => {
  admin = await startAdminTest();
  platform = admin.keyOf({ tenant: 'acme-web', organisation: 'acme', roles: ['admin'], reach: 'platform' });
  target = await admin.target('acme', 'acme-web');
}, 60_000);
afterAll(() => admin.stop());

/** No act is written from now on, until the end of the work. */
async function withoutRecords(work: () => Promise<void>): Promise<void> {
  await admin.database.execute(
    sql`alter table outbox add constraint no_acts check (subject not like 'mr.act.%')`,
  );
  try {
    await work();
  } finally {
    await admin.database.execute(sql`alter table outbox drop constraint no_acts`);
  }
}

/** The id of the key that seals: the bytes behind the first. */
async function sealingKey(): Promise<string> {
  const box = await admin.plane.sealing.forTenant('acme-web');
  return Buffer.from(box.seal(Buffer.from('words'), 'context').subarray(1, 9)).toString('hex');
}

async function rows() {
  const { database } = admin;
  return {
    ledger: await database.select().from(ledger),
    policies: await database.select().from(dataPolicies),
    providers: await database.select().from(identityProviders),
    erasures: await database.select().from(erasures).where(eq(erasures.user, target.user)),
    examples: await database.select().from(trainingExamples),
    changes: await database.select().from(controlChanges),
    outbox: await database.select().from(outbox),
    key: await sealingKey(),
  };
}

it('what cannot be put on record is not done', async () => {
  const range = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z', tenant: 'acme-web', model: 'm' };
  const correction = { tenant: 'acme-web', reason: 'too slow' };
  const adjustment = { ...correction, request_id: await admin.charge(), amount: '-0.5' };
  const credit = { ...correction, amount: '25', currency: 'EUR' };
  const box = await admin.plane.sealing.forTenant('acme-web');
  await admin.database.insert(trainingExamples).values({
    requestId: randomUUID(),
    tenant: 'acme-web',
    keyId: target.key,
    user: target.user,
    model: 'm',
    createdAt: new Date(),
    content: Buffer.from(box.seal(Buffer.from('words'), 'context')),
    expiresAt: new Date(Date.now() + 60_000),
  });
  await admin.database.insert(prices).values({
    model: 'm',
    version: 1,
    currency: 'EUR',
    inputPerMillion: '0',
    outputPerMillion: '1',
    validFrom: new Date(0),
  });
  const before = await rows();
  await withoutRecords(async () => {
    for (const [method, path, body] of [
      ['POST', '/ledger/adjustments', adjustment],
      ['POST', '/ledger/credits', credit],
      ['POST', '/ledger/reratings', { ...range, reason: 'wrong price' }],
      ['PATCH', '/tenants/acme-web/data-policy', { zero_retention: true }],
      ['PATCH', `/identity-providers/${target.provider}`, { audiences: ['any'] }],
      ['POST', `/identity-providers/${target.provider}/disable`, undefined],
      ['POST', '/tenants/acme-web/erasures', { user: target.user }],
      ['POST', '/tenants/acme-web/training-examples/withdraw', {}],
      ['POST', '/tenants/acme-web/data-keys/rotate', {}],
    ] as const) {
      const headers = { 'if-match': '*', 'idempotency-key': randomUUID() };
      const { status } = await admin.ask(platform, method, path, { body, headers });
      expect({ path, status }).toEqual({ path, status: 500 });
    }
  });
  expect(await rows()).toEqual(before);
});
