import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnswerEvent } from './answers.ts';
import { MillraceApiError, MillraceConnectionError } from './errors.ts';
import {
  chunk,
  completed,
  receipt,
  requestId,
  startScriptedServer,
  type ScriptedServer,
  type ScriptedSocket,
} from './scripted-server.fixture.ts';

let server: ScriptedServer;

beforeEach(async () => {
  server = await startScriptedServer();
});

afterEach(() => server.stop());

type Events = AsyncGenerator<AnswerEvent, void, undefined>;

async function collect(events: Events): Promise<AnswerEvent[]> {
  const all: AnswerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function leave(events: Events): Promise<void> {
  for await (const event of events) if (event.type === 'chunk') break;
}

/** The numbers of the chunks, in the order in which they came. */
const numbersOf = (events: readonly AnswerEvent[]): readonly number[] =>
  events.flatMap((event) => (event.type === 'chunk' ? [event.seq] : []));

/** Takes a request in and sends its first chunks. */
async function begin(socket: ScriptedSocket, chunks: number): Promise<string> {
  const { id } = await socket.next();
  socket.send({ type: 'accepted', id, request_id: requestId });
  for (let seq = 1; seq <= chunks; seq += 1) socket.send(chunk(seq, id));
  return id;
}

test('an answer comes as accepted, chunks and completed, over a WebSocket with the credential in a subprotocol', async () => {
  const client = server.client();
  const all = collect(client.stream({ prompt: 'Hello', max_tokens: 8 }));
  const socket = await server.socket();
  const asked = await socket.next();
  expect(asked).toEqual({
    type: 'generate',
    id: expect.any(String) as string,
    idempotency_key: expect.any(String) as string,
    prompt: 'Hello',
    max_tokens: 8,
  });
  const { id } = asked;
  socket.send({ type: 'accepted', id, request_id: requestId }, chunk(1, id), completed(1, id));
  expect(await all).toMatchObject([
    { type: 'accepted', request_id: requestId },
    { type: 'chunk', seq: 1, text: '1 ' },
    { type: 'completed', seq: 1, finish_reason: 'stop', usage: { output_tokens: 1 } },
  ]);
});

test('an answer that asks for the receipt asks again when it is resumed, and its end has it', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }, { receipt: true }));
  const first = await server.socket();
  const asked = await first.next();
  first.send({ type: 'accepted', id: asked.id, request_id: requestId });
  first.cut();
  const second = await server.socket();
  const resumed = await second.next();
  for (const message of [asked, resumed]) expect(message).toMatchObject({ receipt: true });
  second.send({ ...completed(0, resumed.id), receipt });
  expect((await all).at(-1)).toMatchObject({ type: 'completed', receipt });
});

test('an answer whose connection breaks goes on behind the last chunk, and no chunk comes twice', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const first = await server.socket();
  await begin(first, 2);
  first.cut();
  const second = await server.socket();
  const resumed = await second.next();
  expect(resumed).toMatchObject({ type: 'resume', request_id: requestId });
  const after = resumed['after'] as number;
  // Whatever the client had, a gateway that says too much does no harm.
  second.send(...[1, 2, 3].map((seq) => chunk(seq, resumed.id)), completed(3, resumed.id));
  expect(after).toBeLessThanOrEqual(2);
  expect(numbersOf(await all)).toEqual([1, 2, 3]);
});

test('a request whose acceptance never came is sent again under the same key', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const first = await server.socket();
  const asked = await first.next();
  first.cut();
  const second = await server.socket();
  const again = await second.next();
  expect(again).toEqual({ ...asked, id: again.id });
  second.send({ type: 'accepted', id: again.id, request_id: requestId }, completed(0, again.id));
  expect(await all).toHaveLength(2);
});

test('a gateway that stops is left: the answer goes on over another connection', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const first = await server.socket();
  const id = await begin(first, 1);
  const stops = {
    code: 'unavailable',
    error_type: 'server_error',
    message: 'This gateway stops.',
    param: null,
  };
  first.send({ type: 'error', id, request_id: requestId, ...stops, retryable: true });
  first.close(1001);
  await first.closed;
  const second = await server.socket();
  const resumed = await second.next();
  expect(resumed).toMatchObject({ type: 'resume', after: 1 });
  second.send(chunk(2, resumed.id), completed(2, resumed.id));
  expect(numbersOf(await all)).toEqual([1, 2]);
});

test('streams share one connection', async () => {
  const client = server.client();
  const answers = ['one', 'two', 'three'].map((prompt) => collect(client.stream({ prompt })));
  const socket = await server.socket();
  for (let index = 0; index < answers.length; index += 1) {
    const { id, prompt } = await socket.next();
    socket.send({ type: 'chunk', request_id: requestId, id, seq: 1, text: String(prompt) }, completed(1, id));
  }
  const texts = (await Promise.all(answers)).map(([first]) => first?.type === 'chunk' && first.text);
  expect(texts).toEqual(['one', 'two', 'three']);
  expect(server.connections).toBe(1);
});

test('aborting ends the stream with the reason and cancels the request', async () => {
  const stop = new AbortController();
  const events = server.client().stream({ prompt: 'Hello' }, { signal: stop.signal });
  const first = events.next();
  const socket = await server.socket();
  const id = await begin(socket, 0);
  expect(await first).toMatchObject({ value: { type: 'accepted' } });
  const next = events.next();
  stop.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  expect(await socket.next()).toEqual({ type: 'cancel', id });
});

test('leaving the loop cancels the request; leaving an answer that is only followed does not', async () => {
  const client = server.client();
  const followed = leave(client.follow(requestId, { after: 4 }));
  const socket = await server.socket();
  const resume = await socket.next();
  expect(resume).toMatchObject({ type: 'resume', request_id: requestId, after: 4 });
  socket.send(chunk(5, resume.id));
  await followed;
  const own = leave(client.stream({ prompt: 'Hello' }));
  const id = await begin(socket, 1);
  await own;
  expect(await socket.next()).toEqual({ type: 'cancel', id });
});

test('an answer that another stream of the connection reads already is read over a second one', async () => {
  const all = collect(server.client().follow(requestId));
  const first = await server.socket();
  const { id } = await first.next();
  const refusal = { code: 'duplicate_id', error_type: 'invalid_request_error', message: 'In use.' };
  first.send({ type: 'error', id, request_id: requestId, ...refusal, param: 'request_id', retryable: false });
  const second = await server.socket();
  const resumed = await second.next();
  second.send(chunk(1, resumed.id), completed(1, resumed.id));
  expect(numbersOf(await all)).toEqual([1]);
});

test('what the platform refuses is an error with code and field, and is not tried again', async () => {
  const all = collect(server.client().stream({ prompt: '' }));
  const socket = await server.socket();
  const { id } = await socket.next();
  const refusal = { code: 'missing_value', error_type: 'invalid_request_error', message: 'prompt is empty' };
  socket.send({ type: 'error', id, ...refusal, param: 'prompt', retryable: false });
  const error = await all.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MillraceApiError);
  expect(error).toMatchObject({ code: 'missing_value', param: 'prompt', retryable: false });
});

test('an answer that broke off behind its first chunk is an error, never made anew', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const socket = await server.socket();
  const id = await begin(socket, 2);
  const failure = { code: 'engine_failed', error_type: 'server_error', message: 'It failed.', param: null };
  socket.send({ type: 'error', id, request_id: requestId, ...failure, retryable: true, seq: 2 });
  await expect(all).rejects.toMatchObject({ code: 'engine_failed', requestId, seq: 2 });
});

test('a request that failed before its first chunk is made anew under its key', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const socket = await server.socket();
  const asked = await socket.next();
  const failure = { code: 'overloaded', error_type: 'server_error', message: 'Full.', param: null };
  socket.send(
    { type: 'accepted', id: asked.id, request_id: requestId },
    { type: 'error', id: asked.id, request_id: requestId, ...failure, retryable: true, seq: 0 },
  );
  const again = await socket.next();
  expect(again).toEqual({ ...asked, id: again.id });
  socket.send(chunk(1, again.id), completed(1, again.id));
  expect(numbersOf(await all)).toEqual([1]);
});

test('a credential that is refused is an error at once', async () => {
  const all = collect(server.client().stream({ prompt: 'Hello' }));
  const socket = await server.socket({ isReady: false });
  const refusal = { code: 'invalid_api_key', error_type: 'authentication_error', message: 'Unknown key.' };
  socket.send({ type: 'error', ...refusal, param: null, retryable: false });
  socket.close(4401);
  await expect(all).rejects.toMatchObject({ name: 'MillraceApiError', code: 'invalid_api_key' });
  expect(server.connections).toBe(1);
});

test('who cannot be reached is an error of the connection after so many tries', async () => {
  const client = server.client({ url: 'http://127.0.0.1:1', maxRetries: 2 });
  const error = await collect(client.stream({ prompt: 'Hello' })).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MillraceConnectionError);
});

test('a reader that falls behind holds a bounded number of chunks and still gets every one, once', async () => {
  const client = server.client();
  const slow = client.stream({ prompt: 'Hello' });
  const first = slow.next();
  const socket = await server.socket();
  const id = await begin(socket, 0);
  expect(await first).toMatchObject({ value: { type: 'accepted' } });
  const quick = collect(client.stream({ prompt: 'Hello' }));
  const other = await socket.next();
  for (let seq = 1; seq <= 2_000; seq += 1) socket.send(chunk(seq, id));
  socket.send(completed(2_000, id), completed(0, other.id));
  // What has come for the one is there for the other.
  await quick;
  const rest = collect(slow);
  const resumed = await socket.next();
  expect(resumed).toMatchObject({ type: 'resume', after: 1_024 });
  for (let seq = 1_025; seq <= 2_000; seq += 1) socket.send(chunk(seq, resumed.id));
  socket.send(completed(2_000, resumed.id));
  expect(numbersOf(await rest)).toEqual(Array.from({ length: 2_000 }, (_, index) => index + 1));
});
