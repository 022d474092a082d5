import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnswerEvent } from './answers.ts';
import {
  answerJson,
  chunk,
  completed,
  errorBody,
  openEvents,
  receipt,
  requestId,
  startScriptedServer,
  writeEvent,
  type ScriptedServer,
} from './scripted-server.fixture.ts';

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedServer();
});

afterEach(() => server.stop());

async function collect(events: AsyncGenerator<AnswerEvent, void, undefined>): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const typesOf = (events: readonly AnswerEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'chunk' ? `chunk ${event.seq}` : event.type));

test('an event stream that breaks goes on behind its last chunk', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }, { transport: 'sse' }));
  const first = await server.request();
  expect(first).toMatchObject({
    method: 'POST',
    path: '/v1/generate',
    body: { prompt: 'Hello', stream: true },
  });
  expect(first.headers).toMatchObject({
    authorization: 'Bearer mr_key',
    'idempotency-key': expect.any(String) as string,
  });
  openEvents(first.response);
  writeEvent(first.response, 'chunk', chunk(1));
  writeEvent(first.response, 'chunk', chunk(2));
  first.response.end();
  const second = await server.request();
  expect(second).toMatchObject({ method: 'GET', path: `/v1/requests/${requestId}/stream` });
  expect(second.headers['last-event-id']).toBe('2');
  openEvents(second.response);
  writeEvent(second.response, 'chunk', chunk(2));
  writeEvent(second.response, 'chunk', chunk(3));
  writeEvent(second.response, 'completed', completed(3));
  second.response.end();
  expect(typesOf(await all)).toEqual(['accepted', 'chunk 1', 'chunk 2', 'chunk 3', 'completed']);
});

test('an error that says how to resume is followed; any other is the end', async () => {
  const client = server.client({ transport: 'sse' });
  const all = collect(client.stream({ prompt: 'Hello' }));
  const first = await server.request();
  openEvents(first.response);
  const resume = { request_id: requestId, after: 0 };
  writeEvent(first.response, 'error', { ...errorBody('unavailable'), retryable: true, resume });
  first.response.end();
  const second = await server.request();
  expect(second.method).toBe('GET');
  openEvents(second.response);
  writeEvent(second.response, 'chunk', chunk(1));
  writeEvent(second.response, 'error', errorBody('engine_failed', 'It failed.'));
  second.response.end();
  await expect(all).rejects.toMatchObject({ name: 'MillraceApiError', code: 'engine_failed', requestId });
});

test('aborting a stream ends it with the reason and cancels the request by its key', async () => {
  const stop = new AbortController();
  const events = server.client().stream({ prompt: 'Hello' }, { transport: 'sse', signal: stop.signal });
  const first = events.next();
  const asked = await server.request();
  openEvents(asked.response);
  await first;
  const next = events.next();
  stop.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  const cancel = await server.request();
  expect(cancel).toMatchObject({
    method: 'POST',
    path: '/v1/requests/cancel',
    body: { idempotency_key: asked.headers['idempotency-key'] },
  });
  cancel.response.writeHead(202).end();
});

test('a call is tried again under the same key until it is answered', async () => {
  const answer = server.client().classify({ text: 'x', labels: ['a', 'b'] });
  const first = await server.request();
  answerJson(first.response, 503, errorBody('overloaded'), { 'retry-after-ms': '1' });
  const second = await server.request();
  second.response.destroy();
  const third = await server.request();
  const keys = [first, second, third].map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(1);
  answerJson(third.response, 200, { request_id: requestId, results: [{ labels: [] }] });
  expect(await answer).toMatchObject({ results: [{ labels: [] }] });
});

test.each([
  [400, {}, { retryable: false }],
  [409, {}, { retryable: false }],
  [500, { 'x-should-retry': 'false' }, { retryable: false }],
  [429, { 'retry-after': '2' }, { retryable: true, retryAfterMs: 2_000 }],
])('status %i with %j is an error that says whether to try again', async (status, headers, expected) => {
  const answer = server.client({ maxRetries: 0 }).generate({ prompt: 'x' });
  const { response } = await server.request();
  answerJson(response, status, errorBody('some_code', 'Why.'), headers);
  const error: unknown = await answer.catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    name: 'MillraceApiError',
    message: 'Why.',
    status,
    code: 'some_code',
    requestId,
    ...expected,
  });
});

test('aborting a call ends it with the reason and cancels the request by its key', async () => {
  const stop = new AbortController();
  const answer = server.client().generate({ prompt: 'x' }, { signal: stop.signal, idempotencyKey: 'mine' });
  await server.request();
  stop.abort(new Error('enough'));
  await expect(answer).rejects.toThrow('enough');
  const cancel = await server.request();
  expect(cancel).toMatchObject({ path: '/v1/requests/cancel', body: { idempotency_key: 'mine' } });
  cancel.response.writeHead(202).end();
});

test('a call that asks for the receipt gets it with its answer', async () => {
  const answer = server.client().generate({ prompt: 'x' }, { receipt: true });
  const { headers, response } = await server.request();
  expect(headers['x-millrace-receipt']).toBe('true');
  answerJson(response, 200, { request_id: requestId, text: 'y', receipt });
  expect(await answer).toMatchObject({ text: 'y', receipt });
  const plain = server.client().generate({ prompt: 'x' });
  const asked = await server.request();
  expect(asked.headers).not.toHaveProperty('x-millrace-receipt');
  answerJson(asked.response, 200, { request_id: requestId, text: 'y' });
  expect(await plain).not.toHaveProperty('receipt');
});

test('an event stream that asks for the receipt asks again when it goes on, and its end has it', async () => {
  const options = { transport: 'sse', receipt: true } as const;
  const all = collect(server.client().stream({ prompt: 'Hello' }, options));
  const first = await server.request();
  openEvents(first.response);
  writeEvent(first.response, 'chunk', chunk(1));
  first.response.end();
  const second = await server.request();
  expect(second.method).toBe('GET');
  for (const { headers } of [first, second]) expect(headers['x-millrace-receipt']).toBe('true');
  openEvents(second.response);
  writeEvent(second.response, 'completed', { ...completed(1), receipt });
  second.response.end();
  expect((await all).at(-1)).toMatchObject({ type: 'completed', receipt });
});

test('a receipt that is not there yet is asked for again', async () => {
  const given = server.client().receipt(requestId);
  const path = `/v1/requests/${requestId}/receipt`;
  const first = await server.request();
  expect(first).toMatchObject({ method: 'GET', path });
  const soon = { 'x-should-retry': 'true', 'retry-after-ms': '1' };
  answerJson(first.response, 409, errorBody('receipt_pending'), soon);
  const second = await server.request();
  expect(second.path).toBe(path);
  answerJson(second.response, 200, receipt);
  expect(await given).toEqual(receipt);
});

test('models are listed', async () => {
  const models = server.client().models();
  const { method, path, response } = await server.request();
  expect({ method, path }).toEqual({ method: 'GET', path: '/v1/models' });
  answerJson(response, 200, { object: 'list', data: [{ id: 'm', object: 'model' }] });
  expect(await models).toMatchObject([{ id: 'm' }]);
});
