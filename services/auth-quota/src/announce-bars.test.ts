import { eq } from '@millrace/store/sql';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { connectNats, type Bus } from '@millrace/bus';
import { bucketDefinitions, controlKeys, createCodec, streamDefinitions } from '@millrace/contracts';
import {
  createLogger,
  createMetrics,
  stopInReverse,
  systemClock,
  systemRandom,
  type Stoppable,
} from '@millrace/runtime';
import { createMemoryKeyStore, createSealing } from '@millrace/sealing';
import { identityProviders, organisations, tenants, users, type Database } from '@millrace/store';
import { startTestDatabase, startTestNats, type TestNats } from '@millrace/testkit';
import { startAnnouncingBars } from './announce-bars.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const codec = createCodec();
const logger = createLogger({ service: 'auth-quota', level: 'silent' });
const parts: Stoppable[] = [];
const running: Stoppable[] = [];
let nats: TestNats;
let database: Database;
let bus: Bus;

beforeAll(async () => {
  nats = await startTestNats();
  const postgres = await startTestDatabase();
  bus = await connectNats({ url: nats.url, name: 'bars-test', logger });
  parts.push(nats, postgres, bus);
  ({ database } = postgres);
  await bus.provision(streamDefinitions(), bucketDefinitions);
  await database.insert(organisations).values({ id: 'acme', name: 'Acme' });
  await database.insert(tenants).values({ id: 'mill', name: 'Mill', organisation: 'acme' });
  await database.insert(users).values({ id: 'usr_1', organisation: 'acme', kind: 'person' });
  await database.insert(identityProviders).values({
    issuer,
    organisation: 'acme',
    audiences: ['millrace'],
    jwksUri: `${issuer}/jwks`,
    algorithms: ['RS256'],
    claims: {},
  });
});
afterEach(() => stopInReverse(running.splice(0)));
afterAll(() => stopInReverse(parts));

const issuer = 'https://id.example.com';
const every = [
  controlKeys.bar('USER', 'usr_1'),
  controlKeys.bar('PROJECT', 'mill'),
  controlKeys.bar('ORGANISATION', 'acme'),
  controlKeys.bar('ISSUER', issuer),
];

/** Those, and one of someone who is not there. */
const known = [...every, controlKeys.bar('USER', 'usr_2')];

async function startReplica(): Promise<void> {
  const sealing = await createSealing(systemRandom.bytes(32), createMemoryKeyStore());
  running.push(
    await startAnnouncingBars({
      bus,
      codec,
      sealing,
      clock: systemClock,
      logger,
      database,
      metrics: createMetrics(),
    }),
  );
}

/** Changes all four. */
async function setBarred(at: Date | null): Promise<void> {
  await database.update(users).set({ disabledAt: at }).where(eq(users.id, 'usr_1'));
  await database.update(tenants).set({ suspendedAt: at }).where(eq(tenants.id, 'mill'));
  await database.update(organisations).set({ suspendedAt: at }).where(eq(organisations.id, 'acme'));
  await database.update(identityProviders).set({ disabledAt: at });
}

/** Those of these bars that CONTROL has. */
async function barredKeys(): Promise<readonly string[]> {
  const bucket = bus.bucket('CONTROL');
  const present = await Promise.all(known.map((key) => bucket.get(key)));
  return known.filter((_key, index) => present[index] !== undefined);
}

const soon = { timeout: 30_000 };

it('tells the gateways who is disabled or suspended, and who no longer is, whatever the number of replicas', async () => {
  await startReplica();
  await startReplica();
  await expect.poll(barredKeys, soon).toEqual([]);
  await setBarred(new Date());
  await expect.poll(barredKeys, soon).toEqual(every);
  const entry = await bus.bucket('CONTROL').get(controlKeys.bar('ISSUER', issuer));
  expect(codec.decode('access.barred', entry!.value)).toMatchObject({ kind: 'ISSUER', id: issuer });
  await setBarred(null);
  await expect.poll(barredKeys, soon).toEqual([]);
  await setBarred(new Date());
  await expect.poll(barredKeys, soon).toEqual(every);
});

it('makes up for what changed while nobody announced it', async () => {
  await setBarred(null);
  await startReplica();
  await expect.poll(barredKeys, soon).toEqual([]);
});

it('makes up for what changed while the broker was away', async () => {
  await startReplica();
  await expect.poll(barredKeys, soon).toEqual([]);
  await nats.kill();
  await setBarred(new Date());
  await nats.start();
  await expect.poll(barredKeys, soon).toEqual(every);
});

it('mends what someone else has removed or added', async () => {
  await startReplica();
  await expect.poll(barredKeys, soon).toEqual(every);
  await bus.bucket('CONTROL').erase(controlKeys.bar('USER', 'usr_1'));
  const bar = codec.encode('access.barred', { kind: 'USER', id: 'usr_2', at: systemClock.now() });
  await bus.bucket('CONTROL').put(controlKeys.bar('USER', 'usr_2'), bar);
  await expect.poll(barredKeys, soon).toEqual(every);
});
