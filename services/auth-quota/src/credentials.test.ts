import { eq, sql } from '@millrace/store/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats, type Bus } from '@millrace/bus';
import {
  bucketDefinitions,
  controlKeys,
  createCodec,
  streamDefinitions,
  subjects,
} from '@millrace/contracts';
import { createFetchKeySet, createTokenVerifier } from '@millrace/identity';
import {
  createIdGenerator,
  createLogger,
  createMetrics,
  ManualClock,
  seededRandom,
  stopInReverse,
  type Stoppable,
} from '@millrace/runtime';
import { apiKeys, memberships, tenants, users } from '@millrace/store';
import { startTestDatabase, startTestNats, type TestDatabase, type TestNats } from '@millrace/testkit';
import { createApiKey, createTenant, revokeApiKey } from '@millrace/control-plane';
import { startKeyUses, type KeyUses } from './key-uses.ts';
import { onCredentialPresented } from './on-credential-presented.ts';

const codec = createCodec();
const clock = new ManualClock();
const logger = createLogger({ service: 'auth-quota', level: 'silent' });
let nats: TestNats;
let postgres: TestDatabase;
let bus: Bus;
let keyUses: KeyUses;

const parts: Stoppable[] = [];
const keep = <Part extends Stoppable>(part: Part): Part => {
  parts.push(part);
  return part;
};

beforeAll(async () => {
  nats = keep(await startTestNats());
  postgres = keep(await startTestDatabase());
  bus = keep(await connectNats({ url: nats.url, name: 'credentials-test', logger }));
  await bus.provision(streamDefinitions(), bucketDefinitions);
  await createTenant(postgres.database, { id: 'acme', maxInFlight: 7 });
  const { database } = postgres;
  keyUses = startKeyUses({ database, clock, logger });
  keep(
    await onCredentialPresented(
      {
        bus,
        codec,
        clock,
        logger,
        database,
        tokens: createTokenVerifier({
          database,
          clock,
          logger,
          nextId: createIdGenerator(clock, seededRandom(1)),
          fetchKeySet: createFetchKeySet(true),
          unlimitedInFlight: 64,
        }),
        sealing: undefined as never,
        metrics: createMetrics(),
      },
      keyUses,
    ),
  );
}, 60_000);
afterAll(() => stopInReverse(parts));

async function verify(credential: string) {
  const answer = await bus.request(subjects.verify, codec.encode('credential.presented', { credential }), {
    timeoutMs: 5_000,
  });
  return codec.decode('credential.verified', answer);
}
const denied = (message: string) => ({ principal: null, code: 'permission_denied', message });
const invalid = (message: string) => ({ principal: null, code: 'invalid_api_key', message });

describe('a credential that is presented', () => {
  it('is answered with the principal', async () => {
    const { keyId, key } = await createApiKey(postgres.database, {
      tenant: 'acme',
      roles: ['developer', 'analyst'],
    });
    expect(await verify(key)).toMatchObject({
      principal: { tenant: 'acme', key_id: keyId, roles: ['developer', 'analyst'], max_in_flight: 7 },
      code: null,
      message: null,
    });
  });

  it('is refused alike when it is unknown, malformed or has the wrong secret', async () => {
    const { key } = await createApiKey(postgres.database, { tenant: 'acme' });
    const wrongSecret = key.slice(0, -1) + (key.at(-1) === 'a' ? 'b' : 'a');
    const unknown = key.replace(/^mr_./, (start) => (start === 'mr_a' ? 'mr_b' : 'mr_a'));
    for (const credential of ['', 'sk-1234', wrongSecret, unknown]) {
      expect(await verify(credential)).toEqual(invalid('The API key is not valid.'));
    }
  });

  it('is told that it was revoked only when its secret is right, and gateways are told too', async () => {
    const { keyId, key } = await createApiKey(postgres.database, { tenant: 'acme' });
    const dependencies = { database: postgres.database, bus, codec, clock };
    expect(await revokeApiKey(dependencies, keyId)).toBe(true);
    expect(await verify(key)).toEqual(invalid('The API key was revoked.'));
    expect(await verify(key.slice(0, -1) + (key.at(-1) === 'a' ? 'b' : 'a'))).toEqual(
      invalid('The API key is not valid.'),
    );
    const entry = await bus.bucket('CONTROL').get(controlKeys.revocation(keyId));
    expect(codec.decode('key.revoked', entry!.value)).toEqual({ key_id: keyId, at: clock.now() });
    expect(await revokeApiKey(dependencies, 'no such key')).toBe(false);
  });

  it('of a project that is suspended, or of a user who is disabled, is denied to all but the platform', async () => {
    const { database } = postgres;
    await createTenant(database, { id: 'asleep' });
    await database.insert(users).values({ id: 'usr_1', organisation: 'default', kind: 'person' });
    const [ofProject, ofOperator] = await Promise.all([
      createApiKey(database, { tenant: 'asleep' }),
      createApiKey(database, { tenant: 'asleep' }),
    ]);
    const ofUser = await createApiKey(database, { tenant: 'acme' });
    await database.update(apiKeys).set({ reach: 'platform' }).where(eq(apiKeys.id, ofOperator.keyId));
    await database.update(apiKeys).set({ user: 'usr_1' }).where(eq(apiKeys.id, ofUser.keyId));
    await database.update(tenants).set({ suspendedAt: new Date() }).where(eq(tenants.id, 'asleep'));
    await database.update(users).set({ disabledAt: new Date() });
    expect(await verify(ofProject.key)).toEqual(denied('The project of the API key is suspended.'));
    expect(await verify(ofUser.key)).toEqual(denied('The user of the API key is disabled.'));
    expect((await verify(ofOperator.key)).code).toBeNull();
  });

  it('is refused once it has expired', async () => {
    const { key } = await createApiKey(postgres.database, { tenant: 'acme', expiresAt: clock.now() + 1_000 });
    expect((await verify(key)).code).toBeNull();
    await clock.advance(1_000);
    expect(await verify(key)).toEqual(invalid('The API key has expired.'));
  });

  it('is noted as used, to the minute', async () => {
    const { keyId, key } = await createApiKey(postgres.database, { tenant: 'acme' });
    await verify(key);
    const minute = clock.now() - (clock.now() % 60_000);
    await keyUses.stop();
    const [row] = await postgres.database.select().from(apiKeys).where(eq(apiKeys.id, keyId));
    expect(row?.lastUsedAt).toEqual(new Date(minute));
  });

  it('of a user has the roles that the user has, and none where the user is disabled', async () => {
    const { database } = postgres;
    const id = `usr_${'0'.repeat(32)}`;
    await database.insert(users).values({ id, organisation: 'default', kind: 'person' });
    const { key } = await createApiKey(database, { tenant: 'acme', user: id, roles: ['admin', 'analyst'] });
    expect(await verify(key)).toEqual(invalid('The user of the API key has none of its roles any more.'));
    await database.insert(memberships).values({ user: id, tenant: 'acme', role: 'analyst' });
    expect((await verify(key)).principal).toMatchObject({ user_id: id, roles: ['analyst'] });
    await database.update(users).set({ disabledAt: new Date() }).where(eq(users.id, id));
    expect(await verify(key)).toEqual({
      principal: null,
      code: 'permission_denied',
      message: 'The user of the API key is disabled.',
    });
  });

  it('is not refused but unavailable when it cannot be looked up', async () => {
    const answer = await bus.request(subjects.verify, Buffer.from('garbage'), { timeoutMs: 5_000 });
    expect(codec.decode('credential.verified', answer)).toMatchObject({
      principal: null,
      code: 'message_corrupt',
    });
  });
});

it('keeps no key in the database, only its hash', async () => {
  const { key } = await createApiKey(postgres.database, { tenant: 'acme' });
  const { rows } = await postgres.database.execute(
    sql`select row_to_json(api_keys)::text as row from api_keys`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toContain(key.slice(-43));
});
