import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestNats } from '@millrace/testkit';
import { startIngressTest, type IngressTest, type TestClient } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;
let client: TestClient;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
  client = ingress.client();
});
afterAll(() => ingress.stop());

function open(...headers: readonly string[]): Socket {
  const socket = connect(Number(new URL(ingress.url).port), '127.0.0.1');
  const body = JSON.stringify({ prompt: 'Hello', stream: true });
  const all = [
    'POST /v1/generate HTTP/1.1',
    'Host: millrace',
    `Authorization: Bearer ${client.apiKey}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  socket.write(`${all.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

test('what is no HTTP behind a request ends the connection, without a refusal in the middle of its stream', async () => {
  const socket = open();
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('Hello');
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.write('garbage\r\n\r\n');
  const all = head.toString() + (await text(socket));
  expect(all.match(/HTTP\/1\.1 \d+/gu)).toEqual(['HTTP/1.1 200']);
});

test('an expectation that nobody knows is refused in the shape of all errors', async () => {
  const [head = '', body = ''] = (await text(open('Expect: miracles'))).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 417 [^]*content-type: application\/json/iu);
  expect(JSON.parse(body)).toMatchObject({ error: { param: 'Expect', code: null } });
});

test('a connection ends behind an upgrade that is not followed', async () => {
  const socket = open('Connection: upgrade', 'Upgrade: h2c');
  const writer = await client.nextRequest();
  await writer.attempt(1);
  await writer.chunk('Hello');
  await writer.finish();
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*event: completed/iu);
});
