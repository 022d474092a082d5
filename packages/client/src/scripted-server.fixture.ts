import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Millrace, type MillraceOptions } from './millrace.ts';

/** A message that the client has sent. */
export interface Sent {
  readonly type: string;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One connection of the client. */
export interface ScriptedSocket {
  /** Resolves with the next message of the client, pings left out. */
  next(): Promise<Sent>;
  send(...messages: readonly object[]): void;
  /** Ends the connection without a close frame. */
  cut(): void;
  close(code: number): void;
  readonly closed: Promise<unknown>;
}

export interface HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  readonly response: ServerResponse;
}

/** A server that says what the test says. */
export interface ScriptedServer {
  readonly client: (options?: Partial<MillraceOptions>) => Millrace;
  /** Resolves with the next connection, greeted with `ready` unless the test does that. */
  socket(options?: { readonly isReady: boolean }): Promise<ScriptedSocket>;
  /** Resolves with the next request. */
  request(): Promise<HttpExchange>;
  /** How many WebSockets there were. */
  readonly connections: number;
  stop(): Promise<void>;
}

/** Things that come, for those that wait for them. */
class Arrivals<Item> {
  readonly #items: Item[] = [];
  readonly #waiting: ((item: Item) => void)[] = [];

  push(item: Item): void {
    const wake = this.#waiting.shift();
    if (wake === undefined) this.#items.push(item);
    else wake(item);
  }

  async next(): Promise<Item> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const exchanges = new Arrivals<HttpExchange>();
  const sockets = new Arrivals<ScriptedSocket>();
  let connections = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      exchanges.push({ method, path: url, headers, body, response });
    });
  });
  const webSockets = new WebSocketServer({ server, handleProtocols: () => 'millrace.v1' });
  webSockets.on('connection', (socket) => {
    connections += 1;
    sockets.push(scripted(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: Millrace[] = [];
  return {
    client(options = {}) {
      const client = new Millrace({ url, apiKey: 'mr_key', retryDelayMs: 1, ...options });
      clients.push(client);
      return client;
    },
    async socket({ isReady } = { isReady: true }) {
      const socket = await sockets.next();
      if (isReady) socket.send({ type: 'ready', heartbeat_ms: 15_000 });
      return socket;
    },
    request: () => exchanges.next(),
    get connections() {
      return connections;
    },
    async stop() {
      for (const client of clients) client.close();
      webSockets.close();
      for (const socket of webSockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function scripted(socket: WebSocket): ScriptedSocket {
  const messages = new Arrivals<Sent>();
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as Sent;
    if (message.type !== 'ping') messages.push(message);
  });
  const closed = once(socket, 'close');
  return {
    next: () => messages.next(),
    send(...all) {
      for (const message of all) socket.send(JSON.stringify(message));
    },
    cut: () => socket.terminate(),
    close: (code) => socket.close(code),
    closed,
  };
}

export const requestId = '01a20b7a-6230-75bc-9d55-82a878a44121';

export const chunk = (seq: number, id?: string): object => ({
  type: 'chunk',
  request_id: requestId,
  ...(id === undefined ? {} : { id }),
  seq,
  text: `${seq} `,
});

export const completed = (seq: number, id?: string): object => ({
  type: 'completed',
  request_id: requestId,
  ...(id === undefined ? {} : { id }),
  seq,
  model: 'm',
  finish_reason: 'stop',
  usage: { input_tokens: 1, cached_input_tokens: 0, output_tokens: seq, total_tokens: seq + 1 },
  timings: { queue_ms: 0, prefill_ms: 0, time_to_first_token_ms: 1, total_ms: 2 },
  cost: { amount: '0.0000120000', currency: 'USD' },
});

export const receipt = { format: 'millrace-receipt/1', record: 'cg==', checkpoint: 'Yw==', path: ['cA=='] };

/** Begins an event stream. */
export function openEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': requestId });
  response.flushHeaders();
}

export function writeEvent(response: ServerResponse, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': requestId, ...headers });
  response.end(JSON.stringify(body));
}

export const errorBody = (code: string, message = 'No.'): object => ({
  error: { message, type: 'server_error', param: null, code },
});
