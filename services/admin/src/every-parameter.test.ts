import { createHash, randomUUID } from 'node:crypto';
import { sql } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAdminTest, type AdminTest, type Target } from './admin.fixture.ts';
import type { AdminRoute } from './admin-route.ts';
import { allRoutes } from './all-routes.ts';
import { requestOf } from './every-request.fixture.ts';

let admin: AdminTest;
/** What the admin of an organisation, and one of its projects, has; and what is another's. */
let own: Target;
let foreign: Target;
let keys: readonly string[];
let platform: string;
beforeAll(async () => {
  admin = await startAdminTest();
  own = await admin.target('acme', 'acme-web');
  foreign = await admin.target('globex', 'globex-web');
  await admin.plane.sealing.forTenant('acme-web');
  const principal = { tenant: 'acme-web', organisation: 'acme', roles: ['admin'] };
  keys = [admin.keyOf(principal), admin.keyOf({ ...principal, reach: 'organisation' })];
  platform = admin.keyOf({ ...principal, reach: 'platform' });
}, 60_000);
afterAll(() => admin.stop());

type Json = Readonly<Record<string, unknown>>;

/** A place in a request where something can be said. */
interface Place {
  readonly in: 'path' | 'query' | 'body';
  readonly name: string;
  readonly schema: Json;
}

const propertiesOf = (schema: object | undefined): Readonly<Record<string, Json>> =>
  ((schema as Json | undefined)?.['properties'] ?? {}) as Readonly<Record<string, Json>>;

function placesOf({ params = {}, query = {}, body }: AdminRoute): readonly Place[] {
  const of = (where: Place['in'], schemas: Readonly<Record<string, object>>): readonly Place[] =>
    Object.entries(schemas).map(([name, schema]) => ({ in: where, name, schema: schema as Json }));
  return [...of('path', params), ...of('query', query), ...of('body', propertiesOf(body))];
}

/** A request about what is one's own, but for one place. */
function askWith(spec: AdminRoute, apiKey: string, place: Place, value: unknown) {
  const { path, body } = requestOf(spec, own);
  const [base = '', search = ''] = path.split('?');
  const query = new URLSearchParams(search);
  let where = base;
  let sent: unknown = body;
  if (place.in === 'query') query.set(place.name, String(value));
  if (place.in === 'body') sent = { ...(body as object), [place.name]: value };
  if (place.in === 'path') {
    const index = spec.path.split('/').indexOf(`{${place.name}}`);
    where = base
      .split('/')
      .with(index, encodeURIComponent(String(value)))
      .join('/');
  }
  const asked = query.size === 0 ? where : `${where}?${query.toString()}`;
  return admin.ask(apiKey, spec.method, asked, {
    body: sent,
    headers: { 'if-match': '*', 'idempotency-key': randomUUID() },
  });
}

/** All that is of the other organisation, as one text. */
async function foreignRows(): Promise<string> {
  const rows = await Promise.all(
    [
      sql`select * from organisations where id = 'globex'`,
      sql`select * from tenants where organisation = 'globex' order by id`,
      sql`select * from users where organisation = 'globex' order by id`,
      sql`select * from memberships where tenant = 'globex-web' order by user_id, role`,
      sql`select * from api_keys where tenant = 'globex-web' order by id`,
      sql`select * from quotas where subject in ('globex', 'globex-web', ${foreign.user}, ${foreign.key}) order by subject`,
      sql`select * from identity_providers where organisation = 'globex' order by issuer`,
      sql`select * from data_policies where tenant = 'globex-web'`,
      sql`select * from erasures where tenant = 'globex-web'`,
      sql`select * from ledger where tenant = 'globex-web'`,
    ].map(async (query) => (await admin.database.execute(query)).rows),
  );
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

const foreignIds = (): Readonly<Record<string, string>> => ({
  organisation: foreign.organisation,
  tenant: foreign.tenant,
  user: foreign.user,
  key: foreign.key,
  provider: foreign.provider,
});

/** A list without items, or nothing that was done to any. */
function isNothing({ data, withdrawn }: Json): boolean {
  return Array.isArray(data) ? data.length === 0 : withdrawn === 0;
}

describe.each(allRoutes.map((spec) => [`${spec.method} ${spec.path}`, spec] as const))(
  '%s',
  (_name, spec) => {
    const places = placesOf(spec);

    it('shows and changes nothing of another, whose ids stand in any of its parameters', async () => {
      const before = await foreignRows();
      for (const place of places) {
        const id = foreignIds()[place.name];
        if (id === undefined) continue;
        for (const apiKey of keys) {
          const { status, body } = await askWith(spec, apiKey, place, id);
          const shown = JSON.stringify(body);
          const others = Object.entries(foreignIds()).filter(([name]) => name !== place.name);
          expect({
            place,
            isKept: status < 500 && !others.some(([, other]) => shown.includes(other)),
            // A list may be empty; anything else is not there.
            isEmpty: status >= 400 || isNothing(body),
          }).toEqual({ place, isKept: true, isEmpty: true });
        }
      }
      expect(await foreignRows()).toBe(before);
    });

    it('takes SQL, wildcards and paths in any text for what they are, or refuses them', async () => {
      const before = await foreignRows();
      for (const place of places) {
        if (spec.operationId === 'erasePersonalData' && place.in === 'path') continue;
        for (const text of texts) {
          const { status, body } = await askWith(spec, platform, place, text);
          const isHarmless =
            status < 500 && (status >= 400 || !(place.name in foreignIds()) || isNothing(body));
          expect({ place: place.name, text, isHarmless }).toEqual({
            place: place.name,
            text,
            isHarmless: true,
          });
        }
      }
      expect(await foreignRows()).toBe(before);
    });

    it('refuses numbers that are huge, negative or none wherever it takes a number', async () => {
      for (const place of places.filter(({ schema }) => [schema['type']].flat().includes('integer'))) {
        for (const number of [-1, -(2 ** 63), 2 ** 53, 1e308, 0.5, 'NaN', '1e3', '0x10', '٣']) {
          const { status } = await askWith(spec, platform, place, number);
          expect({ place: place.name, number, status }).toEqual({ place: place.name, number, status: 400 });
        }
      }
    });
  },
);

const texts = [
  "' or '1'='1",
  "'; drop table api_keys; --",
  "acme-web' union select hash from api_keys --",
  '$1',
  '%',
  '>',
  '*',
  'globex-*',
  'globex-web.>',
  '$KV.KEYS.globex-web',
  '../tenants/globex-web',
  'globex-web/../../keys',
  '\u0000',
  '__proto__',
  '-1',
  'x'.repeat(2_000),
];
