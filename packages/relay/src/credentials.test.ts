import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { subjects } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { startTcpProxy, startTestNats, type TestNats } from '@millrace/testkit';
import { metricValue } from './relay.fixture.ts';
import { newGatewayName, startRelay, type Relay } from './start-relay.ts';
import {
  newTenant,
  principalOf,
  startTestPlatform,
  testRelaySettings,
  type TestPlatform,
} from './testing.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let nats: TestNats;
let platform: TestPlatform;
const clock = new ManualClock(Date.now());
const address = '203.0.113.9';
let relay: Relay;
let asked = 0;

beforeAll(async () => {
  nats = await startTestNats();
  platform = await startTestPlatform(nats.url);
  const listening = await platform.connect();
  await listening.bus.subscribe(subjects.verify, () => {
    asked += 1;
  });
  relay = await startRelay(
    { ...(await platform.connect(clock)), gateway: newGatewayName() },
    testRelaySettings,
  );
}, 30_000);

afterAll(async () => {
  await relay.stop();
  await platform.stop();
  await nats.stop();
});

test('a credential is asked for once in a while, however many present it', async () => {
  const principal = principalOf(newTenant());
  platform.keys.set('good', principal);
  asked = 0;
  const answers = await Promise.all(Array.from({ length: 20 }, () => relay.verify('good', address)));
  expect(answers).toEqual(Array.from({ length: 20 }, () => principal));
  await relay.verify('good', address);
  await clock.advance(testRelaySettings.credentialCacheMs);
  await relay.verify('good', address);
  expect(asked).toBe(2);
});

test('what is missing, unknown or far too long is refused', async () => {
  for (const credential of [undefined, '', 'unknown', 'x'.repeat(10_000)]) {
    await expect(relay.verify(credential, address)).rejects.toMatchObject({ code: 'invalid_api_key' });
  }
});

test('a revocation takes effect at once, and is told', async () => {
  platform.keys.set('bad soon', principalOf(newTenant(), { key_id: 'revoked-key' }));
  await relay.verify('bad soon', address);
  const told = Promise.withResolvers<string>();
  const listener = relay.onRevoked(told.resolve);
  await platform.revoke('revoked-key');
  expect(await told.promise).toBe('revoked-key');
  await expect(relay.verify('bad soon', address)).rejects.toMatchObject({ code: 'invalid_api_key' });
  await listener.stop();
});

test('an API key has no more requests in flight than it may', () => {
  const principal = principalOf(newTenant(), { max_in_flight: 2 });
  const leave = relay.enter(principal);
  relay.enter(principal);
  expect(() => relay.enter(principal)).toThrow(
    expect.objectContaining({ code: 'too_many_in_flight', retryable: true }) as Error,
  );
  leave();
  leave();
  relay.enter(principal);
  expect(() => relay.enter(principal)).toThrow('may have 2');
});

test('while nobody can say, credentials are refused at once with the time to come back; known ones hold', async () => {
  const server = await startTestNats();
  const own = await startTestPlatform(server.url);
  try {
    const principal = principalOf(newTenant());
    own.keys.set('known', principal);
    const dependencies = await own.connect(clock);
    const lonely = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
    await lonely.verify('known', address);
    await own.stopVerifying();
    let presented = 0;
    const failing = await own.connect();
    await failing.bus.respond(subjects.verify, 'test', async () => {
      presented += 1;
      throw new Error('the database is away');
    });
    const unavailable = { code: 'unavailable', retryable: true, retryAfterMs: 2_000 };
    const tries = Array.from({ length: 8 }, (_, index) => lonely.verify(`credential ${index}`, address));
    for (const result of await Promise.allSettled(tries)) {
      expect(result).toMatchObject({ status: 'rejected', reason: unavailable });
    }
    expect(await metricValue(dependencies, 'millrace_gateway_circuit_open{circuit="verify"}')).toBe(1);
    const before = presented;
    await expect(lonely.verify('one more', address)).rejects.toMatchObject(unavailable);
    expect(presented).toBe(before);
    expect(await lonely.verify('known', address)).toEqual(principal);
    await lonely.stop();
  } finally {
    await own.stop();
    await server.stop();
  }
});

test('an address that tries out credentials is refused before anybody looks at them; who is known there is served', async () => {
  const careful = await startRelay(
    { ...(await platform.connect(clock)), gateway: newGatewayName() },
    { ...testRelaySettings, authFailures: 5 },
  );
  const principal = principalOf(newTenant());
  platform.keys.set('neighbour', principal);
  await careful.verify('neighbour', address);
  // The same mistake made again is no guess.
  for (const guess of ['a', 'a', 'a', 'b', 'c', 'c', 'd', 'e'])
    await expect(careful.verify(`guess ${guess}`, address)).rejects.toMatchObject({
      code: 'invalid_api_key',
    });
  const before = asked;
  await expect(careful.verify('guess 6', address)).rejects.toMatchObject({
    code: 'rate_limit_exceeded',
    retryAfterMs: 60_000,
  });
  await expect(careful.verify('x'.repeat(10_000), address)).rejects.toMatchObject({
    code: 'rate_limit_exceeded',
  });
  await expect(careful.verify(undefined, address)).rejects.toMatchObject({ code: 'invalid_api_key' });
  expect(asked).toBe(before);
  expect(await careful.verify('neighbour', address)).toEqual(principal);
  expect(await careful.verify('neighbour', '203.0.113.10')).toEqual(principal);
  await clock.advance(60_000);
  await expect(careful.verify('guess 6', address)).rejects.toMatchObject({ code: 'invalid_api_key' });
  await careful.stop();
});

test.each([
  ['USER', 'usr_1', 'The user is disabled.'],
  ['PROJECT', 'barred-project', 'The project is suspended.'],
  ['ORGANISATION', 'barred organisation', 'The organisation is suspended.'],
  ['ISSUER', 'https://id.example.com/', 'The identity provider is disabled.'],
] as const)('a bar on a %s takes effect at once, and can be lifted', async (kind, id, message) => {
  const principal = principalOf(kind === 'PROJECT' ? id : newTenant(), {
    user_id: 'usr_1',
    organisation: 'barred organisation',
    issuer: 'https://id.example.com/',
  });
  platform.keys.set(`of ${kind}`, principal);
  platform.keys.set('of someone else', principalOf(newTenant()));
  await relay.verify(`of ${kind}`, address);
  await relay.verify('of someone else', address);
  const told = Promise.withResolvers<unknown>();
  const listener = relay.onBarred(told.resolve);
  await platform.bar(kind, id);
  expect(await told.promise).toMatchObject({ kind, id });
  await listener.stop();
  await expect(relay.verify(`of ${kind}`, address)).rejects.toMatchObject({
    code: 'permission_denied',
    message,
  });
  await relay.verify('of someone else', address);
  await platform.readmit(kind, id);
  await vi.waitUntil(() => relay.verify(`of ${kind}`, address).then(Boolean, () => false));
});

test('whoever looks after all of the platform gets in to end a suspension', async () => {
  const principal = principalOf(newTenant(), { reach: 'platform' });
  platform.keys.set('operator', principal);
  platform.keys.set('colleague', principalOf(principal.tenant));
  await platform.bar('PROJECT', principal.tenant);
  await vi.waitUntil(() =>
    relay.verify('colleague', address).then(
      () => false,
      () => true,
    ),
  );
  expect(await relay.verify('operator', address)).toEqual(principal);
});

test('a credential that has expired is refused also where it is known', async () => {
  const principal = principalOf(newTenant(), { expires_at: clock.now() + 1_000 });
  platform.keys.set('short', principal);
  expect(await relay.verify('short', address)).toEqual(principal);
  await clock.advance(1_000);
  await expect(relay.verify('short', address)).rejects.toMatchObject({
    code: 'invalid_api_key',
    message: 'The API key has expired.',
  });
});

test('a gateway that was cut off from the broker asks anew for those that it knew', async () => {
  const proxy = await startTcpProxy(nats.url);
  const dependencies = await platform.connect(clock, proxy.url);
  const cutOff = await startRelay({ ...dependencies, gateway: newGatewayName() }, testRelaySettings);
  platform.keys.set('known', principalOf(newTenant(), { key_id: 'known-key' }));
  await cutOff.verify('known', address);
  const lost = Promise.withResolvers<void>();
  const connection = dependencies.bus.onConnectionChange((connected) => {
    if (!connected) lost.resolve();
  });
  proxy.cut();
  await lost.promise;
  platform.keys.delete('known');
  await platform.revoke('known-key');
  const verified = cutOff.verify('known', address);
  proxy.mend();
  await expect(verified).rejects.toMatchObject({ code: 'invalid_api_key' });
  await connection.stop();
  await cutOff.stop();
  await proxy.stop();
});
