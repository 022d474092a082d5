import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { startTestNats, openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startEdgeTest, type EdgeTest } from './edge.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let edge: EdgeTest;
let url: string;
let otherUrl: string;

beforeAll(async () => {
  edge = await startEdgeTest(await startTestNats());
  url = await edge.gateway();
  otherUrl = await edge.gateway();
});

afterAll(() => edge.stop());

const generate = (id: string): object => ({ type: 'generate', id, prompt: 'Hello' });

test('greets with protocol and limits, and answers a ping', async () => {
  const client = await edge.connect(url, edge.user());
  expect(client.messages[0]).toMatchObject({
    type: 'ready',
    protocol: 1,
    limits: { max_in_flight: 4, max_content_bytes: 1024 * 1024 },
  });
  client.send({ type: 'ping' });
  await client.find(({ type }) => type === 'pong');
  await client.close();
});

test('takes the credential of a browser, and echoes only the name of the protocol', async () => {
  const { apiKey } = edge.user();
  const client = await openStream(url, { protocols: ['millrace.v1', `millrace.bearer.${apiKey}`] });
  await client.find(({ type }) => type === 'ready');
  expect(client.socket.protocol).toBe('millrace.v1');
  await client.close();
});

test('subprotocols without that of this version are refused with an error that names it', async () => {
  const { apiKey } = edge.user();
  const offered = [`millrace.bearer.${apiKey}`, 'other.v1'];
  const socket = new WebSocket(`${url.replace(/^http/u, 'ws')}/v1/stream`, offered);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  expect(response.statusCode).toBe(400);
  expect(response.headers['content-type']).toMatch(/^application\/json/);
  expect(await json(response)).toEqual({
    error: {
      message: 'The subprotocols that are offered must include millrace.v1.',
      type: 'invalid_request_error',
      param: 'Sec-WebSocket-Protocol',
      code: 'invalid_value',
    },
  });
});

test.each([
  ['no credential', {}],
  ['a wrong API key', { apiKey: 'wrong' }],
  ['a wrong API key in a subprotocol', { protocols: ['millrace.v1', 'millrace.bearer.wrong'] }],
])('%s ends the connection with 4401 behind an error', async (_what, options) => {
  const client = await openStream(url, options);
  expect((await client.closed).code).toBe(4401);
  expect(client.messages).toMatchObject([{ type: 'error', code: 'invalid_api_key' }]);
});

test('answers many requests on one connection, each to its own end', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  client.send(generate('a'));
  const first = await user.nextRequest();
  client.send(generate('b'));
  const second = await user.nextRequest();
  await second.chunk('two ');
  await first.chunk('one ');
  await second.finish();
  expect(await client.ended('b')).toMatchObject({ type: 'completed', request_id: second.requestId, seq: 1 });
  await first.chunk('more ');
  await first.finish();
  expect(await client.ended('a')).toMatchObject({ type: 'completed', request_id: first.requestId, seq: 2 });
  expect(client.chunks('a').map(({ seq, text }) => [seq, text])).toEqual([
    [1, 'one '],
    [2, 'more '],
  ]);
  await client.close();
});

test('resumes behind a chunk on another gateway while the answer still runs', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  client.send(generate('a'));
  const writer = await user.nextRequest();
  for (const text of ['one ', 'two ', 'three ']) await writer.chunk(text);
  await client.find(({ seq }) => seq === 3);
  client.terminate();

  const back = await edge.connect(otherUrl, user);
  back.send({ type: 'resume', request_id: writer.requestId, after: 1, id: 'again' });
  await back.find(({ seq }) => seq === 3);
  await writer.chunk('four ');
  await writer.finish();
  expect(await back.ended('again')).toMatchObject({ type: 'completed', seq: 4 });
  expect(back.chunks('again').map(({ seq, text }) => [seq, text])).toEqual([
    [2, 'two '],
    [3, 'three '],
    [4, 'four '],
  ]);
  await back.close();
});

test('does not tell the request of another tenant from one that does not exist', async () => {
  const user = edge.user();
  const client = await edge.connect(url, user);
  client.send(generate('a'));
  const writer = await user.nextRequest();
  const stranger = await edge.connect(url, edge.user());
  stranger.send({ type: 'resume', request_id: writer.requestId, after: 0, id: 'stolen' });
  stranger.send({
    type: 'resume',
    request_id: '01a20b7a-6230-75bc-9d55-82a878a44121',
    after: 0,
    id: 'invented',
  });
  const [stolen, invented] = await Promise.all([stranger.ended('stolen'), stranger.ended('invented')]);
  expect(stolen).toMatchObject({ type: 'error', code: 'request_not_found' });
  expect(stolen['message']).toBe(invented['message']);
  await writer.finish();
  await client.ended('a');
  await Promise.all([client.close(), stranger.close()]);
});
