import { controlKeys } from '@millrace/contracts';
import { once } from 'node:events';
import { openStream, startTcpProxy, startTestNats, type StreamClient } from '@millrace/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEdgeTest, type EdgeTest } from './edge.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let edge: EdgeTest;
let url: string;

beforeAll(async () => {
  edge = await startEdgeTest(await startTestNats());
  url = await edge.gateway();
});

afterAll(() => edge.stop());

const generate = { type: 'generate', id: 'a', prompt: 'Hello' };

test('ends the connections of an API key that is revoked with 4401, and no others', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  const other = await edge.connect(url, edge.user());
  await edge.platform.revoke(user.keyId);
  expect((await client.closed).code).toBe(4401);
  expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'invalid_api_key' });
  other.send({ type: 'ping' });
  await other.find(({ type }) => type === 'pong');
  await other.close();
});

test('takes nothing more from a connection whose API key is revoked, also while it does not close', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  await edge.platform.revoke(user.keyId);
  await client.find(({ code }) => code === 'invalid_api_key');
  const before = await edge.stage.bus.streamState('RECEIVED');
  // The close frame of the gateway stays unanswered while the socket is paused.
  client.socket.pause();
  client.send(generate);
  client.send({ type: 'ping' });
  const probe = await edge.connect(url, edge.user());
  probe.send({ type: 'ping' });
  await probe.find(({ type }) => type === 'pong');
  expect(await edge.stage.bus.streamState('RECEIVED')).toMatchObject({ messages: before.messages });
  client.socket.terminate();
  await probe.close();
});

test('has a client connect again whose API key was changed', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  const event = edge.stage.codec.encode('key.changed', { key_id: user.keyId, at: Date.now() });
  await edge.stage.bus.bucket('CONTROL').put(controlKeys.keyChange(user.keyId), event);
  expect((await client.closed).code).toBe(1013);
  expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'unavailable' });
});

test('refuses a key that may not be used from here, or not for this', async () => {
  for (const restrictions of [{ allowed_addresses: ['10.0.0.0/8'] }, { scopes: ['keys:read'] }]) {
    const { apiKey } = edge.user(restrictions);
    const client = await openStream(url, { apiKey });
    expect((await client.closed).code).toBe(4403);
    expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'permission_denied' });
  }
});

test('ends the connections of a user who is disabled with 4403, and no others', async () => {
  const user = edge.user({ user_id: 'usr_1' });
  const client = await edge.connect(url, user);
  const other = await edge.connect(url, edge.user({ user_id: 'usr_2' }));
  await edge.platform.bar('USER', 'usr_1');
  expect((await client.closed).code).toBe(4403);
  expect(client.messages.at(-1)).toMatchObject({ type: 'error', code: 'permission_denied' });
  const again = await openStream(url, { apiKey: user.apiKey });
  expect((await again.closed).code).toBe(4403);
  other.send({ type: 'ping' });
  await other.find(({ type }) => type === 'pong');
  await other.close();
});

test('ends a connection with 4401 when its credential expires', async () => {
  const client = await edge.connect(url, edge.user({ expires_at: Date.now() + 1_000 }));
  expect((await client.closed).code).toBe(4401);
  expect(client.messages.at(-1)).toMatchObject({
    type: 'error',
    code: 'invalid_api_key',
    message: 'The credential has expired: connect again with a new one, and resume.',
  });
});

test('refuses an address that tries out API keys with 1013 and the time to come back', async () => {
  const careful = await edge.gateway({ authFailures: 2 });
  for (const apiKey of ['wrong-1', 'wrong-2']) {
    const client = await openStream(careful, { apiKey });
    expect((await client.closed).code).toBe(4401);
  }
  const client = await openStream(careful, { apiKey: edge.user().apiKey });
  expect((await client.closed).code).toBe(1013);
  expect(client.messages.at(-1)).toMatchObject({
    type: 'error',
    code: 'rate_limit_exceeded',
    retryable: true,
  });
  expect(client.messages.at(-1)?.['retry_after_ms']).toBeGreaterThan(0);
});

test('ends what was revoked and barred while the gateway was cut off from the broker, once it is back', async () => {
  const proxy = await startTcpProxy(edge.natsUrl);
  const gateway = await edge.gateway({}, proxy.url);
  const revoked = edge.user();
  const barred = edge.user({ user_id: 'usr_gone' });
  const kept = edge.user();
  const clients = await Promise.all([revoked, barred, kept].map((user) => edge.connect(gateway, user)));
  const [ofRevoked, ofBarred, ofKept] = clients as [StreamClient, StreamClient, StreamClient];
  proxy.cut();
  await edge.platform.revoke(revoked.keyId);
  await edge.platform.bar('USER', 'usr_gone');
  ofKept.send({ type: 'ping' });
  await ofKept.find(({ type }) => type === 'pong');
  expect([ofRevoked.socket.readyState, ofBarred.socket.readyState]).toEqual([1, 1]);
  const mendedAt = performance.now();
  proxy.mend();
  expect((await ofRevoked.closed).code).toBe(4401);
  expect((await ofBarred.closed).code).toBe(4403);
  // As long as the client library takes to dial anew, and a machine that is busy.
  expect(performance.now() - mendedAt).toBeLessThan(5_000);
  for (const [user, code] of [
    [revoked, 4401],
    [barred, 4403],
  ] as const) {
    const again = await openStream(gateway, { apiKey: user.apiKey });
    expect((await again.closed).code).toBe(code);
  }
  ofKept.send(generate);
  const writer = await kept.nextRequest();
  await writer.finish();
  expect(await ofKept.ended('a')).toMatchObject({ type: 'completed' });
  await ofKept.close();
  await proxy.stop();
});

test('cuts off a peer that answers no ping', async () => {
  const { apiKey } = edge.user();
  const fast = await edge.gateway({ heartbeatMs: 100 });
  const dead = await openStream(fast, { apiKey, autoPong: false });
  expect((await dead.closed).code).toBe(1006);
});

test('keeps a peer that answers the pings and says nothing else', async () => {
  const fast = await edge.gateway({ heartbeatMs: 100 });
  const client = await edge.connect(fast, edge.user());
  for (let ping = 0; ping < 4; ping += 1) await once(client.socket, 'ping');
  client.send({ type: 'ping' });
  expect(await client.find(({ type }) => type === 'pong')).toEqual({ type: 'pong' });
  await client.close();
});

test('pauses for a client that does not read, and loses nothing', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  client.send(generate);
  const writer = await user.nextRequest();
  await client.find(({ type }) => type === 'accepted');
  client.socket.pause();
  const chunks = 300;
  for (let index = 0; index < chunks; index += 1) await writer.chunk(`${'x'.repeat(32 * 1024)} `);
  await writer.finish();
  client.socket.resume();
  expect(await client.ended('a')).toMatchObject({ type: 'completed', seq: chunks });
  expect(client.chunks('a').map(({ seq }) => seq)).toEqual(
    Array.from({ length: chunks }, (_, index) => index + 1),
  );
  await client.close();
});

test('a cancelled answer ends as completed with what was generated', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  client.send(generate);
  const writer = await user.nextRequest();
  await writer.chunk('one ');
  await client.find(({ type }) => type === 'chunk');
  client.send({ type: 'cancel', id: 'a' });
  const cancelled = `cancel.${writer.requestId}`;
  await vi.waitUntil(async () => (await edge.stage.bus.bucket('CONTROL').get(cancelled)) !== undefined, {
    timeout: 30_000,
  });
  await writer.finish({ outcome: 'CANCELLED', finish_reason: 'cancelled' });
  expect(await client.ended('a')).toMatchObject({ type: 'completed', finish_reason: 'cancelled', seq: 1 });
  await client.close();
});

test('tells a client to resume elsewhere when the gateway stops', async () => {
  const nats = await startTestNats();
  const own = await startEdgeTest(nats);
  const client = await own.connect(await own.gateway(), own.user());
  await own.stop();
  expect((await client.closed).code).toBe(1001);
});

test('a gateway that stops lets requests in flight end and takes no more', async () => {
  const own = await startEdgeTest(await startTestNats());
  const user = own.user();
  const gateway = await own.gateway({ drainGraceMs: 25_000 });
  const idle = await own.connect(gateway, user);
  const busy = await own.connect(gateway, user);
  busy.send(generate);
  const writer = await user.nextRequest();
  await writer.chunk('one ');
  await busy.find(({ type }) => type === 'chunk');
  const stopped = own.stop();
  expect((await idle.closed).code).toBe(1001);
  busy.send({ ...generate, id: 'late' });
  expect(await busy.ended('late')).toMatchObject({ type: 'error', code: 'unavailable', retryable: true });
  await writer.finish();
  expect(await busy.ended('a')).toMatchObject({ type: 'completed' });
  expect((await busy.closed).code).toBe(1001);
  await stopped;
});
