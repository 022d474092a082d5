import { randomUUID } from 'node:crypto';
import { controlKeys } from '@millrace/contracts';
import { controlChanges, piiFindings } from '@millrace/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminTest, type AdminTest, type Answer } from './admin.fixture.ts';

let admin: AdminTest;
let project: string;
let organisation: string;
beforeAll(async () => {
  admin = await startAdminTest();
  const principal = { tenant: 'acme-web', organisation: 'acme', roles: ['admin'] };
  project = admin.keyOf({ ...principal, reach: 'project' });
  organisation = admin.keyOf({ ...principal, reach: 'organisation' });
  await admin.target('acme', 'acme-web');
}, 60_000);
afterAll(() => admin.stop());

describe('the PII policy of a tenant', () => {
  const path = '/tenants/acme-web/pii-policy';
  const set = (body: object, version = '*'): Promise<Answer> =>
    admin.ask(project, 'PATCH', path, { body, headers: { 'if-match': version } });

  it('shows defaults, is changed action by action, and is told to the scrubbers', async () => {
    const { body } = await admin.ask(project, 'GET', path);
    expect(body).toMatchObject({
      actions: { EMAIL_ADDRESS: 'replace', PERSON: 'report', SECRET: 'replace', STREET_ADDRESS: 'replace' },
      output_actions: { EMAIL_ADDRESS: 'replace', URL: 'report', STREET_ADDRESS: 'report' },
      restore: true,
      version: 0,
    });
    await set({ actions: { EMAIL_ADDRESS: 'mask' }, allow: ['press@acme.example'] }, '"0"');
    const changed = await set(
      {
        actions: { PERSON: 'block', EMPLOYEE_ID: 'hash' },
        patterns: [{ type: 'EMPLOYEE_ID', pattern: 'E-\\d{6}' }],
      },
      '"1"',
    );
    expect(changed.body).toMatchObject({
      actions: { EMAIL_ADDRESS: 'mask', PERSON: 'block', EMPLOYEE_ID: 'hash' },
      allow: ['press@acme.example'],
      version: 2,
    });
    expect((await set({ actions: { PERSON: null } })).body).toMatchObject({ actions: { PERSON: 'report' } });
    expect((await set({ restore: false }, '"1"')).body['error']).toMatchObject({ code: 'version_conflict' });
    expect(await admin.database.select().from(controlChanges)).toEqual([]);
    const published = await admin.plane.bus.bucket('CONTROL').get(controlKeys.protection('acme-web'));
    expect(admin.plane.codec.decode('protection.published', published!.value)).toMatchObject({
      actions: { EMAIL_ADDRESS: 'mask', EMPLOYEE_ID: 'hash' },
      version: 3,
    });
  });

  it('has addresses of streets follow what is set for places, until they have an action of their own', async () => {
    const places = await set({ actions: { LOCATION: 'block' } });
    expect(places.body).toMatchObject({
      actions: { LOCATION: 'block', STREET_ADDRESS: 'block' },
      output_actions: { STREET_ADDRESS: 'block' },
    });
    const own = await set({
      actions: { STREET_ADDRESS: 'mask' },
      output_actions: { STREET_ADDRESS: 'replace' },
    });
    expect(own.body).toMatchObject({
      actions: { LOCATION: 'block', STREET_ADDRESS: 'mask' },
      output_actions: { STREET_ADDRESS: 'replace' },
    });
  });

  const good = { type: 'EMPLOYEE_ID', pattern: 'E-\\d{6}' };
  it.each([
    ['an action', { actions: { EMAIL_ADDRESS: 'eat' } }, 'actions.EMAIL_ADDRESS'],
    ['a type', { actions: { EMAILS: 'mask' } }, 'actions.EMAILS'],
    ['a type in lower case', { output_actions: { email: 'mask' } }, 'output_actions.email'],
    ['a pattern', { patterns: [good, { type: 'X', pattern: '(' }] }, 'patterns[1].pattern'],
    [
      'a pattern with a look behind',
      { patterns: [{ type: 'X', pattern: '(?<=a)b' }] },
      'patterns[0].pattern',
    ],
    ['a type of the platform', { patterns: [{ type: 'SECRET', pattern: 'x' }] }, 'patterns[0].type'],
    ['a list', { allow: 'press@acme.example' }, 'allow'],
  ])('refuses %s that is none, naming the field and its value', async (_what, body, param) => {
    const answer = await set(body);
    expect([answer.status, answer.body['error']]).toMatchObject([400, { code: 'invalid_value', param }]);
    expect(answer.body['error']).toMatchObject({
      message: expect.stringMatching(/(?:is|has the (?:type|field)) .*: /) as string,
    });
  });

  it('says which fields there are where none is given', async () => {
    expect((await set({})).body['error']).toMatchObject({
      code: 'missing_value',
      message: expect.stringContaining('actions, output_actions, patterns, allow, restore') as string,
    });
  });
});

const finding = (tenant: string, day: string, action = 'mask', count = 2) => ({
  requestId: randomUUID(),
  direction: 'input',
  type: 'EMAIL_ADDRESS',
  tenant,
  day,
  action,
  count,
});

describe('the report', () => {
  it('adds up by tenant, type and action what is within reach', async () => {
    await admin.target('acme', 'acme-app');
    await admin.target('globex', 'globex-web');
    await admin.database
      .insert(piiFindings)
      .values([
        finding('acme-web', '2026-11-01'),
        finding('acme-web', '2026-11-02'),
        finding('acme-web', '2026-11-02', 'report', 1),
        finding('acme-app', '2026-11-02'),
        finding('globex-web', '2026-11-02'),
      ]);
    const report = async (key: string, query = ''): Promise<unknown> =>
      (await admin.ask(key, 'GET', `/pii/report${query}`)).body['data'];
    const line = { type: 'EMAIL_ADDRESS', direction: 'input' };
    expect(await report(project)).toEqual([
      { ...line, tenant: 'acme-web', action: 'mask', requests: 2, values: 4 },
      { ...line, tenant: 'acme-web', action: 'report', requests: 1, values: 1 },
    ]);
    expect(await report(organisation, '?from=2026-11-02')).toEqual([
      { ...line, tenant: 'acme-app', action: 'mask', requests: 1, values: 2 },
      { ...line, tenant: 'acme-web', action: 'mask', requests: 1, values: 2 },
      { ...line, tenant: 'acme-web', action: 'report', requests: 1, values: 1 },
    ]);
    expect(await report(organisation, '?type=SECRET')).toEqual([]);
    const first = (await admin.ask(organisation, 'GET', '/pii/report?limit=1')).body;
    expect(first['data']).toMatchObject([{ tenant: 'acme-app' }]);
    const next = await admin.ask(
      organisation,
      'GET',
      `/pii/report?limit=1&cursor=${String(first['next_cursor'])}`,
    );
    expect(next.body['data']).toMatchObject([{ tenant: 'acme-web', action: 'mask' }]);
  });

  it('tells requests from answers, and days, to analysts of their organisation; to nobody without a role for it', async () => {
    const analyst = admin.keyOf({
      tenant: 'globex-web',
      organisation: 'globex',
      roles: ['analyst'],
      reach: 'organisation',
    });
    const user = admin.keyOf({ tenant: 'globex-web', organisation: 'globex', roles: ['end-user'] });
    const request = finding('globex-web', '2026-11-03', 'replace', 1);
    await admin.database
      .insert(piiFindings)
      .values([
        request,
        { ...request, direction: 'output', type: 'PERSON', action: 'report', count: 3 },
        { ...finding('globex-web', '2026-11-04'), direction: 'output' },
        finding('acme-web', '2026-11-03'),
      ]);
    const report = async (query: string): Promise<unknown> =>
      (await admin.ask(analyst, 'GET', `/pii/report${query}`)).body['data'];
    const tenant = 'globex-web';
    const person = { tenant, type: 'PERSON', direction: 'output', action: 'report', requests: 1, values: 3 };
    const mail = { tenant, type: 'EMAIL_ADDRESS', requests: 1 };
    const inRequest = { ...mail, direction: 'input', action: 'replace', values: 1 };
    const inAnswer = { ...mail, direction: 'output', action: 'mask', values: 2 };
    expect(await report('?from=2026-11-03')).toEqual([inRequest, inAnswer, person]);
    expect(await report('?from=2026-11-03&to=2026-11-04')).toEqual([inRequest, person]);
    expect(await report('?from=2026-11-04&to=2026-11-05')).toEqual([inAnswer]);
    expect(await report('?type=PERSON')).toEqual([person]);
    for (const query of ['?organisation=acme', '?tenant=acme-web'])
      expect((await admin.ask(analyst, 'GET', `/pii/report${query}`)).status).toBe(404);
    expect((await admin.ask(user, 'GET', '/pii/report')).status).toBe(403);
    const bad = await admin.ask(analyst, 'GET', '/pii/report?from=yesterday');
    expect([bad.status, bad.body['error']]).toMatchObject([400, { param: 'from' }]);
  });
});
