import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { subjects } from '@millrace/contracts';
import { ManualClock } from '@millrace/runtime';
import { startTestNats, type TestNats } from '@millrace/testkit';
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
