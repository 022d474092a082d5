import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test, vi } from 'vitest';
import type { GatewaySettings, RelaySettings } from '@millrace/relay';
import { startTestNats } from '@millrace/testkit';
import type { IngressSettings } from './config.ts';
import { allEventsOf, eventsOf, startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const started: IngressTest[] = [];

async function start(
  settings: Partial<GatewaySettings & RelaySettings & IngressSettings> = {},
): Promise<IngressTest> {
  const ingress = await startIngressTest(await startTestNats(), undefined, settings);
  started.push(ingress);
  return ingress;
}

afterEach(async () => {
  for (const ingress of started.splice(0)) await ingress.stop();
});

function socketTo({ url }: IngressTest): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname);
}

/** Sends a text, then one byte of another after the other, until the other side has had enough. @returns what it said */
async function drip(socket: Socket, begin: string): Promise<string> {
  let said = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (said += piece));
  // A byte that comes behind the answer resets the connection.
  socket.on('error', () => undefined);
  socket.write(begin);
  const dripping = setInterval(() => socket.write('x'), 20);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(dripping);
  return said;
}

test('a client that drips its headers, or its body, is cut off with 408', async () => {
  const ingress = await start({ headersTimeoutMs: 300, receiveTimeoutMs: 600 });
  const { apiKey } = ingress.client();
  const headers = `POST /v1/generate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${apiKey}\r\n`;
  const [inHeaders, inBody] = await Promise.all([
    drip(socketTo(ingress), `${headers}x-drip: `),
    drip(socketTo(ingress), `${headers}content-type: application/json\r\ncontent-length: 100000\r\n\r\n{`),
  ]);
  expect(inHeaders).toMatch(/^HTTP\/1\.1 408 .*"The request did not come in time\."/s);
  expect(inBody).toMatch(/^HTTP\/1\.1 408 /);
});

test('headers beyond the limit are refused, and a connection is to be closed after its last request', async () => {
  const ingress = await start({ maxHeaderBytes: 2_048, maxRequestsPerConnection: 2 });
  const large = await fetch(`${ingress.url}/readyz`, { headers: { 'x-large': 'x'.repeat(4_096) } });
  expect(large.status).toBe(431);
  const socket = socketTo(ingress);
  let said = '';
  const toldToClose = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
      if (/connection: close/i.test(said)) resolve();
    });
  });
  socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2));
  await toldToClose;
  socket.destroy();
  expect(said.match(/connection: keep-alive/gi)).toHaveLength(1);
});

test('more connections than allowed are dropped', async () => {
  const ingress = await start({ maxHttpConnections: 1 });
  const first = socketTo(ingress);
  await once(first, 'connect');
  const second = socketTo(ingress);
  second.on('error', () => undefined);
  await once(second, 'close');
  first.write('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect(await text(first)).toContain('200 OK');
});

test('answers say that they are nobody else’s, and HSTS only by setting', async () => {
  const ingress = await start();
  const secure = await start({ hstsMaxAgeMs: 86_400_000 });
  const expected = {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  };
  for (const [at, hsts] of [
    [ingress, null],
    [secure, 'max-age=86400'],
  ] as const) {
    const { headers } = await at.client().post({});
    expect(Object.fromEntries(headers)).toMatchObject(expected);
    expect(headers.get('strict-transport-security')).toBe(hsts);
  }
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.chunk('one');
  await writer.finish();
  const { headers } = await posted;
  expect(Object.fromEntries(headers)).toMatchObject(expected);
});

/** The headers of an event stream that a page of this origin gets. */
async function ask(ingress: IngressTest, origin: string): Promise<Headers> {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true }, { headers: { origin } });
  const writer = await client.nextRequest();
  await writer.chunk('one');
  await writer.finish();
  const response = await posted;
  await response.text();
  return response.headers;
}

test('pages of other origins may call only where the setting says so', async () => {
  const closed = await start();
  const open = await start({ corsOrigins: ['https://app.example.com'] });
  expect((await ask(closed, 'https://app.example.com')).get('access-control-allow-origin')).toBeNull();
  const allowed = await ask(open, 'https://app.example.com');
  expect(allowed.get('access-control-allow-origin')).toBe('https://app.example.com');
  expect(allowed.get('access-control-allow-credentials')).toBeNull();
  expect((await ask(open, 'https://evil.example.com')).get('access-control-allow-origin')).toBeNull();
  const preflight = await fetch(`${open.url}/v1/generate`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, idempotency-key',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('idempotency-key');
});

test.each([
  [{ corsOrigins: ['app.example.com'] }, 'MILLRACE_CORS_ORIGINS'],
  [{ corsOrigins: ['https://app.example.com/'] }, 'MILLRACE_CORS_ORIGINS'],
  [{ trustedProxies: ['10.0.0.0/33'] }, 'MILLRACE_TRUSTED_PROXIES'],
  [{ trustedProxies: ['proxy'] }, 'MILLRACE_TRUSTED_PROXIES'],
])('%j is not taken', async (settings, variable) => {
  await expect(start(settings)).rejects.toMatchObject({ code: 'config_invalid', param: variable });
});

test('a gateway that stops is not ready, refuses what is new and ends what it has begun', async () => {
  const ingress = await start({ drainGraceMs: 25_000 });
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.chunk('one ');
  const events = eventsOf(await posted);
  expect((await events.next()).value).toMatchObject({ event: 'chunk' });
  const stopped = ingress.gateway.stop();
  const ready = await fetch(`${ingress.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({ problems: { gateway: 'it stops' } });
  const refused = await client.post({ prompt: 'Hello' });
  expect(refused.status).toBe(503);
  expect(Object.fromEntries(refused.headers)).toMatchObject({ connection: 'close', 'retry-after': '1' });
  expect(await refused.json()).toMatchObject({ error: { code: 'unavailable' } });
  await writer.chunk('two');
  await writer.finish();
  expect((await events.next()).value).toMatchObject({ data: { text: 'two' } });
  expect((await events.next()).value).toMatchObject({ event: 'completed' });
  await stopped;
});

test('what has not ended within the grace period ends with an error that says how to go on', async () => {
  const ingress = await start();
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.chunk('one ');
  const all = allEventsOf(await posted);
  await ingress.gateway.stop();
  expect((await all).at(-1)).toMatchObject({
    event: 'error',
    data: {
      error: { code: 'unavailable' },
      request_id: writer.requestId,
      seq: 1,
      retryable: true,
      resume: { url: `/v1/requests/${writer.requestId}/stream`, last_event_id: '1' },
    },
  });
});

test('a client that takes nothing of its answer is cut off, and one that waits for it is not', async () => {
  const ingress = await start({ sendTimeoutMs: 300, maxHttpConnections: 2 });
  const client = ingress.client();
  const waiting = client.post({ prompt: 'Hello' });
  const writer = await client.nextRequest();
  const idle = socketTo(ingress)
    .on('error', () => undefined)
    .pause();
  idle.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(16));
  await expect
    .poll(async () => (await fetch(`${ingress.url}/healthz`).catch(() => undefined))?.status, {
      timeout: 20_000,
    })
    .toBe(200);
  idle.destroy();
  await writer.attempt(1);
  await writer.chunk('Hi');
  await writer.finish();
  expect((await waiting).status).toBe(200);
});

test('what is no id of a request is not found, in the shape of all other errors', async () => {
  const ingress = await start();
  const { apiKey } = ingress.client();
  for (const id of ['%0d%0aset-cookie%3a%20a=b', '%F0%9F%98%80', '..%2f..', '*', '%3E']) {
    const response = await fetch(`${ingress.url}/v1/requests/${id}/stream`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.json()).toMatchObject({ error: { code: 'request_not_found' } });
  }
});

test('a body that is nested without end is refused', async () => {
  const ingress = await start();
  const response = await ingress.client().post('['.repeat(1_000_000));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: 'invalid_value', message: 'The body is nested too deeply: it may have 128 levels' },
  });
});

test('an API key waits for no more answers at once than it may, and others wait beside it', async () => {
  const ingress = await start({ maxWaitsPerKey: 1 });
  const client = ingress.client();
  const other = ingress.client();
  const asked = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('Hi');
  const read = (apiKey: string) =>
    fetch(`${ingress.url}/v1/requests/${writer.requestId}/stream`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
  const first = await read(client.apiKey);
  const second = await read(client.apiKey);
  expect([first.status, second.status]).toEqual([200, 429]);
  expect(await second.json()).toMatchObject({ error: { code: 'too_many_in_flight' } });
  expect((await read(other.apiKey)).status).toBe(404);
  await writer.finish();
  await allEventsOf(first);
  await expect.poll(async () => (await read(client.apiKey)).status).toBe(200);
  await allEventsOf(await asked);
});

/** Presents API keys as a proxy would that says where they come from. @returns the status of each answer */
async function present(ingress: IngressTest, apiKeys: readonly string[], from: string): Promise<number[]> {
  const statuses: number[] = [];
  for (const apiKey of apiKeys) {
    const headers = { authorization: `Bearer ${apiKey}`, 'x-forwarded-for': from };
    statuses.push((await fetch(`${ingress.url}/v1/models`, { headers })).status);
  }
  return statuses;
}

test('an address that tries out API keys is told to wait, whatever it says of itself', async () => {
  const ingress = await start({ authFailures: 3 });
  const guesses = ['guess-1', 'guess-2', 'guess-3'];
  for (const [index, guess] of guesses.entries())
    expect(await present(ingress, [guess], `203.0.113.${index}`)).toEqual([401]);
  const { apiKey } = ingress.client();
  const refused = await fetch(`${ingress.url}/v1/models`, {
    headers: { authorization: `Bearer ${apiKey}`, 'x-forwarded-for': '203.0.113.99' },
  });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
  expect(await refused.json()).toMatchObject({
    error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' },
  });
  const exposed = await ingress.metrics.expose();
  expect(exposed.body).toContain('millrace_gateway_throttled_credentials_total 1');
});

test('behind a trusted proxy each client waits for itself', async () => {
  const ingress = await start({ trustedProxies: ['127.0.0.1'], authFailures: 2 });
  const { apiKey } = ingress.client();
  const guesses = ['guess-1', 'guess-2', 'guess-3'];
  expect(await present(ingress, guesses, '203.0.113.1')).toEqual([401, 401, 429]);
  expect(await present(ingress, [apiKey], '203.0.113.2')).toEqual([200]);
  // What a client has said before the proxy is not believed.
  expect(await present(ingress, ['guess-4'], '198.51.100.7, 203.0.113.1')).toEqual([429]);
});

test('no credential is logged, whatever becomes of it', async () => {
  const ingress = await start({ authFailures: 2 });
  const { apiKey } = ingress.client();
  const secrets = [apiKey, 'mr_00000000000_wrong', 'eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl', 'guess-4'];
  await present(ingress, secrets, '203.0.113.1');
  await ingress.platform.stopVerifying();
  await present(ingress, ['never-looked-at'], '203.0.113.1');
  for (const secret of [...secrets, 'never-looked-at']) expect(ingress.log.join('\n')).not.toContain(secret);
});
