import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { controlKeys } from '@millrace/contracts';
import { errorBodySchema, eventSchemas, generateAnswerSchema } from '@millrace/endpoints';
import { compileValidator } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import {
  allEventsOf,
  eventsOf,
  startIngressTest,
  type IngressTest,
  type TestClient,
} from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const requireAnswer = compileValidator(generateAnswerSchema);
const requireError = compileValidator(errorBodySchema);
const requireErrorEvent = compileValidator(eventSchemas.error);
const requireChunk = compileValidator(eventSchemas.chunk);
const requireCompleted = compileValidator(eventSchemas.completed);

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

/** Plays a whole answer. @returns the id of its request */
async function answer(client: TestClient, pieces: readonly string[]): Promise<string> {
  const writer = await client.nextRequest();
  await writer.attempt(1);
  for (const piece of pieces) await writer.chunk(piece);
  await writer.finish();
  return writer.requestId;
}

function cancellationOf(requestId: string) {
  return ingress.stage.bus.bucket('CONTROL').get(controlKeys.cancellation(requestId));
}

/** Resolves with the reason once the request is cancelled. */
async function whenCancelled(requestId: string): Promise<string> {
  const { bus, codec } = ingress.stage;
  const cancelled = Promise.withResolvers<string>();
  const key = controlKeys.cancellation(requestId);
  const watch = await bus.bucket('CONTROL').watch(key, ({ value }) => {
    if (value !== undefined) cancelled.resolve(codec.decode('request.cancelled', value).reason);
  });
  const reason = await cancelled.promise;
  await watch.stop();
  return reason;
}

async function followers(): Promise<string | undefined> {
  const { body } = await ingress.metrics.expose();
  return /^millrace_gateway_followers (\d+)$/m.exec(body)?.[1];
}

test('an answer comes whole as JSON, with the id of its request', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello' });
  const requestId = await answer(client, ['one ', 'two']);
  const response = await posted;
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(response.headers.get('x-request-id')).toBe(requestId);
  const body: unknown = await response.json();
  expect(requireAnswer(body)).toEqual({
    request_id: requestId,
    model: 'test-model',
    model_version: '1',
    created: expect.any(Number) as number,
    text: 'one two',
    finish_reason: 'stop',
    usage: { input_tokens: 3, cached_input_tokens: 0, output_tokens: 2, total_tokens: 5 },
    timings: { queue_ms: 1, prefill_ms: 2, time_to_first_token_ms: 3, total_ms: 4 },
    cost: null,
  });
  expect(response.headers.get('x-millrace-cost')).toBeNull();
});

test('an answer comes as server-sent events while it is generated, numbered, with an end', async () => {
  const client = ingress.client();
  const posted = client.post({ messages: [{ role: 'user', content: 'Hello' }], stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  const response = await posted;
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('x-request-id')).toBe(writer.requestId);
  const events = eventsOf(response);
  const first = (await events.next()).value;
  expect(first).toEqual({ event: 'chunk', id: '1', data: { seq: 1, text: 'one ' } });
  await writer.chunk('two');
  await writer.finish({ finish_reason: 'length' });
  const second = (await events.next()).value;
  expect(second).toEqual({ event: 'chunk', id: '2', data: { seq: 2, text: 'two' } });
  const last = (await events.next()).value;
  expect(last).toMatchObject({
    event: 'completed',
    id: '2',
    data: { seq: 2, request_id: writer.requestId, model: 'test-model', finish_reason: 'length' },
  });
  expect((await events.next()).done).toBe(true);
  requireChunk(first?.data);
  requireCompleted(last?.data);
});

test('an answer that breaks off ends with an error event, never with a false end', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  const response = await posted;
  const failure = {
    code: 'engine_failed',
    message: 'The engine stopped.',
    param: null,
    retryable: true,
    retry_after_ms: null,
  };
  await writer.finish({ outcome: 'FAILED', finish_reason: null, failure });
  const events = await allEventsOf(response);
  expect(events.map(({ event }) => event)).toEqual(['chunk', 'error']);
  expect(requireErrorEvent(events[1]?.data)).toEqual({
    error: { message: 'The engine stopped.', type: 'server_error', param: null, code: 'engine_failed' },
    request_id: writer.requestId,
    seq: 1,
    retryable: true,
  });
  expect(await followers()).toBe('0');
});

test.each([false, true])(
  'a request that a stage turns away gets the status of its error (stream: %s)',
  async (stream) => {
    const client = ingress.client();
    const posted = client.post({ prompt: 'Hello', stream });
    const writer = await client.nextRequest();
    const failure = {
      code: 'rate_limit_exceeded',
      message: 'Slow down.',
      param: null,
      retryable: true,
      retry_after_ms: 1_400,
    };
    await writer.finish({ outcome: 'REJECTED', finish_reason: null, failure });
    const response = await posted;
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(response.headers.get('retry-after-ms')).toBe('1400');
    expect(response.headers.get('x-request-id')).toBe(writer.requestId);
    expect(requireError(await response.json())).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    expect(await followers()).toBe('0');
  },
);

test('an error of the platform itself is logged, and nothing of it is told', async () => {
  for (const stream of [false, true]) {
    const client = ingress.client();
    const posted = client.post({ prompt: 'Hello', stream });
    const writer = await client.nextRequest();
    await writer.attempt(1);
    await writer.corruptChunk();
    const response = await posted;
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.json()).toEqual({
      error: {
        message: 'Something went wrong on the side of the platform.',
        type: 'server_error',
        param: null,
        code: 'internal_error',
      },
    });
  }
  const logged = ingress.log.filter((line) => line.includes('could not be answered'));
  expect(logged).toHaveLength(2);
  for (const line of logged) expect(line).toContain('decryption_failed');
});

test.each([false, true])(
  'a client that leaves has its request cancelled at once (stream: %s)',
  async (stream) => {
    const client = ingress.client();
    const leaving = new AbortController();
    const posted = Promise.allSettled([client.post({ prompt: 'Hello', stream }, { signal: leaving.signal })]);
    const { requestId } = await client.nextRequest();
    leaving.abort();
    expect(await whenCancelled(requestId)).toBe('disconnected');
    await posted;
  },
);

test('with an idempotency key the request runs on without its client, who gets all of it by asking again', async () => {
  const client = ingress.client();
  const leaving = new AbortController();
  const headers = { 'idempotency-key': 'order 4711' };
  const body = { prompt: 'Hello', stream: true };
  const posted = client.post(body, { headers, signal: leaving.signal });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  const events = eventsOf(await posted);
  await events.next();
  leaving.abort();
  await expect(events.next()).rejects.toMatchObject({ name: 'AbortError' });
  await vi.waitFor(async () => expect(await followers()).toBe('0'), 30_000);
  const again = client.post(body, { headers });
  await writer.chunk('two');
  await writer.finish();
  const response = await again;
  expect(response.headers.get('x-request-id')).toBe(writer.requestId);
  const texts = (await allEventsOf(response)).map(({ event, data }) => [event, data]);
  expect(texts.slice(0, 2)).toEqual([
    ['chunk', { seq: 1, text: 'one ' }],
    ['chunk', { seq: 2, text: 'two' }],
  ]);
  expect(texts[2]?.[0]).toBe('completed');
  const replayed = await client.post({ prompt: 'Hello' }, { headers });
  expect(await replayed.json()).toMatchObject({ request_id: writer.requestId, text: 'one two' });
  expect(await cancellationOf(writer.requestId)).toBeUndefined();
  const other = await client.post({ prompt: 'Something else' }, { headers });
  expect(other.status).toBe(422);
  expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
});

test('an API key that is revoked ends the stream that its client is being sent, and says so', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello', stream: true });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('one ');
  const events = eventsOf(await posted);
  await events.next();
  await ingress.platform.revoke(client.keyId);
  const error = { code: 'invalid_api_key', message: 'The API key was revoked.' };
  expect((await events.next()).value).toMatchObject({ event: 'error', data: { error } });
  expect((await events.next()).done).toBe(true);
  expect(await whenCancelled(writer.requestId)).toBe('disconnected');
});

test('an API key that is revoked ends the wait of its client, and is not taken again', async () => {
  const client = ingress.client();
  const posted = client.post({ prompt: 'Hello' });
  const { requestId } = await client.nextRequest();
  await ingress.platform.revoke(client.keyId);
  for (const response of [await posted, await client.post({ prompt: 'Hello' })]) {
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
  }
  expect(await whenCancelled(requestId)).toBe('disconnected');
});

test('an API key has no more requests in flight than it may; one that ends makes room', async () => {
  const client = ingress.client({ max_in_flight: 1 });
  const posted = client.post({ prompt: 'Hello' });
  const writer = await client.nextRequest();
  const second = await client.post({ prompt: 'Hello' });
  expect(second.status).toBe(429);
  expect(second.headers.get('retry-after')).toBe('1');
  expect(await second.json()).toMatchObject({ error: { code: 'too_many_in_flight' } });
  await writer.finish();
  expect((await posted).status).toBe(200);
  const third = client.post({ prompt: 'Hello' });
  await answer(client, ['three']);
  expect(await (await third).json()).toMatchObject({ text: 'three' });
});

test('the trace of the client goes on with its request', async () => {
  const client = ingress.client();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const posted = client.post({ prompt: 'Hello' }, { headers: { traceparent } });
  await answer(client, ['one']);
  await posted;
  const subject = `mr.request.received.${client.tenant}`;
  const last = await ingress.stage.bus.lastMessage('RECEIVED', subject);
  expect(last?.headers['traceparent']).toContain('0af7651916cd43dd8448eb211c80319c');
});

test('a full platform says so with 503 and when to come back', async () => {
  const small = await startIngressTest(await startTestNats(), {
    receivedMaxMessages: 1,
    resultsMaxBytes: 2 ** 24,
  });
  try {
    const client = small.client();
    const posted = client.post({ prompt: 'Hello' });
    const writer = await client.nextRequest();
    const refused = await client.post({ prompt: 'Hello' });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('retry-after-ms')).toBe('1000');
    expect(refused.headers.get('x-request-id')).toMatch(uuid);
    expect(await refused.json()).toMatchObject({ error: { code: 'overloaded', type: 'server_error' } });
    await writer.finish();
    expect((await posted).status).toBe(200);
  } finally {
    await small.stop();
  }
});

test('clients that wait when ingress stops are told to try again', async () => {
  const own = await startIngressTest(await startTestNats());
  const client = own.client();
  const waiting = [false, true].map((stream) => client.post({ prompt: 'Hello', stream }));
  for (const _ of waiting) await client.nextRequest();
  await own.stop();
  for (const response of await Promise.all(waiting)) {
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'unavailable' } });
  }
});

test('a client that reads nothing and one that does not send its request keep ingress from stopping for a moment only', async () => {
  const own = await startIngressTest(await startTestNats());
  const client = own.client();
  const { hostname, port } = new URL(own.url);
  const head = `POST /v1/generate HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${client.apiKey}\r\ncontent-type: application/json\r\n`;
  const body = JSON.stringify({ prompt: 'Hello', stream: true });
  const deaf = connect(Number(port), hostname).pause();
  deaf.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  const slow = connect(Number(port), hostname);
  slow.write(`${head}content-length: 100\r\n\r\n{`);
  const writer = await client.nextRequest();
  for (let index = 0; index < 300; index += 1) await writer.chunk('x'.repeat(32 * 1024));
  const closed = [deaf, slow].map((socket) => once(socket, 'close'));
  await own.stop();
  deaf.resume();
  expect(await Promise.all(closed)).toHaveLength(2);
});

test('what is refused before it is stored is counted by its code', async () => {
  const counted = async (): Promise<number> => {
    const { body } = await ingress.metrics.expose();
    const pattern = /^millrace_gateway_rejected_total\{transport="HTTP",code="invalid_value"\} (\d+)$/m;
    return Number(pattern.exec(body)?.[1] ?? 0);
  };
  const before = await counted();
  const client = ingress.client();
  expect((await client.post({ prompt: 'Hello', temperature: -1 })).status).toBe(400);
  expect(await counted()).toBe(before + 1);
});
