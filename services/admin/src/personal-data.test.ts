import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grantRole } from '@millrace/control-plane';
import { trainingExamples } from '@millrace/store';
import { startAdminTest, type AdminTest } from './admin.fixture.ts';

let admin: AdminTest;
let project: string;
let organisation: string;
beforeAll(async () => {
  admin = await startAdminTest();
  const principal = { tenant: 'acme-web', organisation: 'acme', roles: ['admin'] };
  project = admin.keyOf({ ...principal, reach: 'project' });
  organisation = admin.keyOf({ ...principal, reach: 'organisation' });
}, 60_000);
afterAll(() => admin.stop());

/** A user of acme-web who has a role in all of the organisation too. */
async function someoneAbove(): Promise<string> {
  const { user } = await admin.target('acme', 'acme-web');
  await admin.write((transaction) => grantRole(admin.plane, transaction, { user, role: 'admin' }));
  return user;
}

describe('the data policy of a tenant', () => {
  const path = '/tenants/acme-web/data-policy';

  it('is changed field by field, by the version that was read', async () => {
    const before = await admin.ask(project, 'GET', path);
    expect(before.body).toMatchObject({ zero_retention: false, jobs_seconds: null, version: 0 });
    const etag = String(before.headers.get('etag'));
    const set = (body: object, version: string) =>
      admin.ask(project, 'PATCH', path, { body, headers: { 'if-match': version } });
    expect((await set({ jobs_seconds: 3_600 }, etag)).body).toMatchObject({
      jobs_seconds: 3_600,
      version: 1,
    });
    expect((await set({ jobs_seconds: 60 }, etag)).body['error']).toMatchObject({ code: 'version_conflict' });
    expect((await set({ files_seconds: 60 }, '"1"')).body).toMatchObject({
      jobs_seconds: 3_600,
      files_seconds: 60,
      version: 2,
    });
    expect((await set({ files_seconds: 1 }, '*')).body['error']).toMatchObject({ param: 'files_seconds' });
    const both = { zero_retention: true, training_allowed: true };
    expect((await set(both, '*')).body['error']).toMatchObject({
      code: 'conflicting_values',
      param: 'training_allowed',
    });
  });
});

describe('an erasure', () => {
  const path = '/tenants/acme-web/erasures';

  it('of a user is begun, goes on by itself, and says what it has removed and what remains', async () => {
    const { user } = await admin.target('acme', 'acme-web');
    const begun = await admin.ask(project, 'POST', path, { body: { user } });
    expect(begun).toMatchObject({ status: 202, body: { user, completed_at: null, remains: [] } });
    const find = async () => {
      const { body } = await admin.ask(project, 'GET', path);
      return (body['data'] as { id: string }[]).find(({ id }) => id === begun.body['id']);
    };
    await expect
      .poll(find, { timeout: 60_000 })
      .toMatchObject({ completed_at: expect.any(String) as string });
    expect(await find()).toMatchObject({
      removed: { requests_left: 0 },
      remains: expect.arrayContaining([expect.objectContaining({ store: 'ledger' })]) as object,
    });
  });

  it('of a whole tenant shuts it', async () => {
    const tenant = 'acme-app';
    const erasures = `/tenants/${tenant}/erasures`;
    const begun = await admin.ask(organisation, 'POST', erasures, { body: {} });
    expect(begun).toMatchObject({ status: 202, body: { tenant, user: null } });
    await expect
      .poll(async () => (await admin.ask(organisation, 'GET', erasures)).body, { timeout: 60_000 })
      .toMatchObject({ data: [{ completed_at: expect.any(String) as string }] });
    expect((await admin.ask(organisation, 'GET', `/tenants/${tenant}`)).body).toMatchObject({
      name: 'erased',
      suspended_at: expect.any(String) as string,
    });
  });

  it('of someone above the project is not for the project', async () => {
    const user = await someoneAbove();
    expect((await admin.ask(project, 'POST', path, { body: { user } })).status).toBe(404);
    expect((await admin.ask(organisation, 'POST', path, { body: { user } })).status).toBe(202);
    const { user: stranger } = await admin.target('globex', 'globex-web');
    expect((await admin.ask(organisation, 'POST', path, { body: { user: stranger } })).status).toBe(404);
  });
});

it('exports lines, the last of which is an index', async () => {
  const { user } = await admin.target('acme', 'acme-web');
  const { status, headers, body } = await admin.ask(project, 'GET', `/tenants/acme-web/export?user=${user}`);
  expect({ status, type: headers.get('content-type') }).toEqual({
    status: 200,
    type: 'application/x-ndjson',
  });
  const lines = body['lines'] as readonly object[];
  expect(lines.at(0)).toMatchObject({ type: 'export', tenant: 'acme-web', user });
  expect(lines.at(-1)).toMatchObject({ type: 'index', lines: lines.length });
});

it('rotates the data key of a tenant and retires none that is needed', async () => {
  const box = await admin.plane.sealing.forTenant('acme-web');
  const sealed = box.seal(Buffer.from('words'), 'context');
  const path = '/tenants/acme-web/data-keys';
  const { status, body } = await admin.ask(project, 'POST', `${path}/rotate`);
  expect({ status, body }).toMatchObject({ status: 200, body: { key_id: expect.any(String) as string } });
  expect((await admin.ask(project, 'POST', `${path}/retire`)).body).toEqual({ retired: 0 });
  const after = await admin.plane.sealing.forTenant('acme-web');
  expect(Buffer.from(after.open(sealed, 'context')).toString()).toBe('words');
});

it('lists all that is kept, page by page', async () => {
  const first = await admin.ask(project, 'GET', '/data-kept?limit=3');
  const cursor = String(first.body['next_cursor']);
  const second = await admin.ask(project, 'GET', `/data-kept?limit=100&cursor=${cursor}`);
  const whole = await admin.ask(project, 'GET', '/data-kept?limit=100');
  expect([...first.body['data'], ...second.body['data']]).toEqual(whole.body['data']);
  expect((await admin.ask(project, 'GET', '/data-kept?cursor=WyJ4Il0')).status).toBe(400);
});

it('requests that are kept by consent are listed page by page, and opened one by one while there is consent', async () => {
  const { database, sealing } = admin.plane;
  const box = await sealing.forTenant('acme-web');
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  await database.insert(trainingExamples).values(
    ids.map((requestId, index) => ({
      requestId,
      tenant: 'acme-web',
      keyId: 'key',
      model: index === 2 ? 'other' : 'small',
      content: box.seal(
        Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] })),
        `${requestId}:example`,
      ),
      createdAt: new Date(Date.UTC(2026, 0, 1) + index),
      expiresAt: new Date(Date.UTC(2099, 0, 1)),
    })),
  );
  const path = '/tenants/acme-web/consented-requests';
  const list = async (query: string) => (await admin.ask(project, 'GET', `${path}?${query}`)).body;
  const idsOf = ({ data }: Awaited<ReturnType<typeof list>>) =>
    (data as readonly { readonly request_id: string }[]).map(({ request_id }) => request_id);
  const first = await list('limit=2');
  expect(idsOf(first)).toEqual(ids.slice(0, 2));
  expect(idsOf(await list(`limit=2&cursor=${String(first['next_cursor'])}`))).toEqual(ids.slice(2));
  expect(idsOf(await list('model=other'))).toEqual(ids.slice(2));
  expect((await admin.ask(project, 'GET', `${path}/${ids[0]}`)).body).toMatchObject({
    model: 'small',
    messages: [{ role: 'user', content: 'Hello' }],
  });
  const ofAnother = `/tenants/acme-app/consented-requests/${ids[0]}`;
  expect((await admin.ask(organisation, 'GET', ofAnother)).status).toBe(404);
  await admin.ask(project, 'POST', '/tenants/acme-web/training-examples/withdraw', {
    body: { request: ids[0] },
  });
  expect((await admin.ask(project, 'GET', `${path}/${ids[0]}`)).status).toBe(404);
});
