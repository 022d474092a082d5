import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '@millrace/runtime';
import { openEventStream } from './event-stream.ts';

vi.setConfig({ testTimeout: 60_000 });

let server: Server;
let clock: ManualClock;
let received: IncomingMessage;
let response: ServerResponse;
let gone: AbortController;

beforeEach(async () => {
  clock = new ManualClock();
  gone = new AbortController();
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A response whose client does not read until it is told to. */
async function open() {
  const arrived = Promise.withResolvers<ServerResponse>();
  server.once('request', (_request, one: ServerResponse) => arrived.resolve(one));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const answered = Promise.withResolvers<IncomingMessage>();
  get({ host: '127.0.0.1', port }, answered.resolve);
  response = await arrived.promise;
  const stream = openEventStream(
    response,
    { 'x-request-id': 'id' },
    { clock, keepAliveMs: 1_000, signal: gone.signal },
  );
  received = await answered.promise;
  return stream;
}

async function restOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of message.setEncoding('utf8')) text += String(piece);
  return text;
}

test('events have a name and an id where they are given, and their data on one line', async () => {
  const stream = await open();
  await stream.send([{ event: 'chunk', data: { text: 'two\nlines' }, id: 7 }]);
  await stream.send([{ event: 'error', data: { text: 'x' } }, { data: '[DONE]' }]);
  stream.end();
  expect(received.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-request-id': 'id',
  });
  expect(await restOf(received)).toBe(
    'id: 7\nevent: chunk\ndata: {"text":"two\\nlines"}\n\nevent: error\ndata: {"text":"x"}\n\ndata: [DONE]\n\n',
  );
});

test('silence is filled with comments, which stop at the end', async () => {
  const stream = await open();
  await clock.advance(2_500);
  await stream.send([{ event: 'chunk', data: {} }]);
  await clock.advance(999);
  stream.end();
  expect(clock.pending).toBe(0);
  expect(await restOf(received)).toBe(': keep-alive\n\n: keep-alive\n\nevent: chunk\ndata: {}\n\n');
});

test('a client that does not read is waited for, with bounded memory', async () => {
  const stream = await open();
  const data = { text: 'x'.repeat(64 * 1024) };
  let sent = 0;
  const pump = async (): Promise<void> => {
    for (; sent < 400; sent += 1) await stream.send([{ event: 'chunk', data }]);
    stream.end();
  };
  const pumping = pump();
  await vi.waitFor(() => expect(response.writableNeedDrain).toBe(true), 30_000);
  expect(sent).toBeLessThan(400);
  expect(response.writableLength).toBeLessThan(3 * data.text.length);
  const text = await restOf(received);
  await pumping;
  expect(text.length).toBeGreaterThan(400 * data.text.length);
});

test('waiting for a client ends when it is gone', async () => {
  const stream = await open();
  const data = { text: 'x'.repeat(64 * 1024) };
  const pump = async (): Promise<void> => {
    for (;;) await stream.send([{ event: 'chunk', data }]);
  };
  const pumping = Promise.allSettled([pump()]);
  await vi.waitFor(() => expect(response.writableNeedDrain).toBe(true), 30_000);
  gone.abort(new Error('gone'));
  expect(await pumping).toMatchObject([{ status: 'rejected', reason: { message: 'gone' } }]);
  expect(response.listenerCount('drain')).toBe(0);
  stream.end();
  received.destroy();
});
