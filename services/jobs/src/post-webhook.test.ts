import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { postWebhook } from './post-webhook.ts';

const servers: Server[] = [];
const rawServers: TcpServer[] = [];

afterEach(() => {
  for (const server of rawServers.splice(0)) server.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

const options = { timeoutMs: 60_000, allowsPrivate: true, signal: new AbortController().signal };
const post = (url: string, changes: Partial<typeof options> = {}) =>
  postWebhook(url, { 'webhook-id': 'msg_1' }, '{"type":"x"}', { ...options, ...changes });

it('posts the body with its headers, and says the status', async () => {
  const bodies: string[] = [];
  const url = await listen((request, response) => {
    request.setEncoding('utf8').on('data', (piece: string) => bodies.push(piece));
    request.on('end', () => response.writeHead(request.headers['webhook-id'] === 'msg_1' ? 204 : 400).end());
  });
  expect(await post(url)).toBe(204);
  expect(bodies.join('')).toBe('{"type":"x"}');
});

it('follows no redirect', async () => {
  let requests = 0;
  const url = await listen((_request, response) => {
    requests += 1;
    response.writeHead(307, { location: '/other' }).end();
  });
  expect(await post(url)).toBe(307);
  expect(requests).toBe(1);
});

it('reads no more of an answer than it must', async () => {
  const url = await listen((_request, response) => {
    const send = (): void => {
      while (response.write(Buffer.alloc(16_384)));
      response.once('drain', send);
    };
    send();
  });
  expect(await post(url)).toBe(200);
});

async function listenRaw(handler: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    handler(socket);
  }).listen(0, '127.0.0.1');
  rawServers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
}

it.each([
  [
    'changes the protocol',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['sends what is no HTTP', '\u0000\u0001\u0002'],
  ['sends a header without an end', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(1024 * 1024)}`],
  ['breaks its answer off', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
])('is done with a receiver that %s', async (_what, answer) => {
  const url = await listenRaw((socket) => socket.once('data', () => socket.end(answer)));
  await expect(post(url)).rejects.toThrow(/protocol|Parse Error|aborted|broke off|without an answer/i);
});

it('gives up on who never ends to begin', async () => {
  const url = await listenRaw((socket) => {
    const send = (): void => {
      if (!socket.destroyed) socket.write('HTTP/1.1 100 Continue\r\n\r\n', () => setImmediate(send));
    };
    socket.once('data', send);
  });
  await expect(post(url, { timeoutMs: 200 })).rejects.toThrow(/abort/i);
});

it('gives up on who does not answer', async () => {
  const url = await listen(() => undefined);
  await expect(post(url, { timeoutMs: 50 })).rejects.toThrow(/abort/i);
});

it('connects to no private address, whatever name it has', async () => {
  let requests = 0;
  const url = new URL(
    await listen((_request, response) => {
      requests += 1;
      response.end();
    }),
  );
  await expect(post(url.href, { allowsPrivate: false })).rejects.toThrow(/https/);
  url.protocol = 'https:';
  await expect(post(url.href, { allowsPrivate: false })).rejects.toThrow(/private/);
  url.hostname = 'localhost.localdomain';
  await expect(post(url.href, { allowsPrivate: false })).rejects.toThrow(
    /public address|ENOTFOUND|EAI_AGAIN/,
  );
  expect(requests).toBe(0);
});
