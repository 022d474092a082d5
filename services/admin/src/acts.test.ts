import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ActPerformed } from '@millrace/contracts';
import { beginErasure } from '@millrace/personal-data';
import { outbox, quotas } from '@millrace/store';
import { actCases, once, range, type Ask } from './act-cases.fixture.ts';
import { startAdminTest, type AdminTest, type Target } from './admin.fixture.ts';
import { allRoutes } from './all-routes.ts';

let admin: AdminTest;
/** An admin of the platform, and of a project. */
let platform: string;
let own: string;
let target: Target;
beforeAll(async () => {
  admin = await startAdminTest();
  const tenant = { tenant: 'acme-web', organisation: 'acme', roles: ['admin'] };
  platform = admin.keyOf({ ...tenant, reach: 'platform', user_id: 'usr_1', key_id: 'of-the-platform' });
  own = admin.keyOf(tenant);
  await admin.database.insert(quotas).values({ scope: 'model', subject: 'some-model' });
}, 60_000);
afterAll(() => admin.stop());
beforeEach(async () => {
  target = await admin.target('acme', 'acme-web');
  await admin.database.delete(outbox);
});

/** The acts that are about to be published. */
async function acts(): Promise<readonly ActPerformed[]> {
  const rows = await admin.database.select().from(outbox).orderBy(outbox.number);
  const ours = rows.filter(({ subject }) => subject.startsWith('mr.act.'));
  return ours.map(({ id, subject, payload }) => {
    const act = admin.plane.codec.decode('act.performed', payload);
    expect({ id, subject }).toEqual({ id: act.act_id, subject: `mr.act.${act.tenant}` });
    return act;
  });
}

const ask: Ask = (method, path, body, headers = {}) =>
  admin.ask(platform, method, path, {
    ...(body === undefined ? {} : { body }),
    headers: { 'if-match': '*', ...headers },
  });

const changing = allRoutes.filter(({ method, isReading }) => method !== 'GET' && isReading !== true);

describe.each(changing)('$operationId', ({ operationId }) => {
  it('is one act: who, what, to which object, what was before and what is now, and no secret', async () => {
    const forget = async (): Promise<void> => {
      await admin.database.delete(outbox);
    };
    const asked = actCases({ admin, ask, target, forget })[operationId];
    expect(asked).toBeDefined();
    if (asked === undefined) return;
    const answer = await asked.ask();
    expect(answer).toMatchObject({ status: expect.toBeOneOf([200, 201, 202]) as number });
    const all = await acts();
    expect(all).toHaveLength(1);
    const expected = asked.act(answer.body);
    expect(all[0]).toEqual(
      expect.objectContaining({
        tenant: 'acme-web',
        actor: { key_id: 'of-the-platform', user_id: 'usr_1', roles: ['admin'] },
        object_type: expected.action?.split('.')[0],
        request_id: answer.headers.get('x-request-id'),
        ...expected,
      }),
    );
    const text = JSON.stringify(all);
    const secrets = [answer.body['secret'], 'Ada Lovelace', 'ada@example.org', 'Grace Hopper', 'Someone'];
    expect(secrets.filter((secret) => typeof secret === 'string' && text.includes(secret))).toEqual([]);
  });
});

describe('what is not done', () => {
  it('is no act: refused, out of reach, of an older version, or that is there already', async () => {
    const before = { 'if-match': '"99"' };
    const answers = [
      await admin.ask(own, 'POST', '/organisations', { body: { id: 'another' } }),
      await admin.ask(own, 'POST', '/tenants/globex-web/suspend'),
      await ask('PATCH', `/keys/${target.key}`, { name: 'Renamed' }, before),
      await ask('PATCH', '/tenants/acme-web', { name: 'Renamed' }, before),
      await ask('POST', '/tenants', { id: 'acme-web' }),
      await ask('POST', '/keys', { tenant: 'acme-web', reach: 'nowhere' }),
      await ask('DELETE', `/roles?user=${target.user}&tenant=acme-web&role=analyst`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 412, 412, 409, 400, 404]);
    expect(await acts()).toEqual([]);
  });

  it('a second time under its idempotency key is no second act', async () => {
    const body = { tenant: 'acme-web' };
    const headers = { 'idempotency-key': 'once-and-no-more' };
    const first = await ask('POST', '/keys', body, headers);
    const second = await ask('POST', '/keys', body, headers);
    expect(second.body['id']).toBe(first.body['id']);
    expect(await acts()).toHaveLength(1);
  });

  it.each([
    ['adjustments', { amount: '-0.5', reason: 'too slow' }],
    ['credits', { amount: '25', currency: 'EUR', reason: 'goodwill' }],
    ['reratings', { ...range, reason: 'wrong price' }],
  ])('of the ledger a second time under its idempotency key is no second act: %s', async (what, asked) => {
    const id = what === 'adjustments' ? { request_id: await admin.charge() } : {};
    const body = { tenant: 'acme-web', ...asked, ...id };
    const headers = once();
    const answers = [1, 2, 3].map(() => ask('POST', `/ledger/${what}`, body, headers));
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ status: 200 });
    expect(await acts()).toHaveLength(1);
  });

  it('anew while it is under way is no second act: an erasure', async () => {
    const { clock, nextId } = admin.plane;
    const { user } = target;
    await admin.write((transaction) =>
      beginErasure({ clock, nextId }, transaction, { tenant: 'acme-web', user }),
    );
    expect((await ask('POST', '/tenants/acme-web/erasures', { user })).status).toBe(202);
    expect(await acts()).toEqual([]);
  });
});

it('a text that looks like a key stands as its digest', async () => {
  const text = `mr_${'a'.repeat(11)}_${'b'.repeat(43)}`;
  expect((await ask('PATCH', `/keys/${target.key}`, { name: text })).status).toBe(200);
  const [act] = await acts();
  expect(act?.after['name']).toMatch(/^sha256:[\da-f]{64}$/);
});
