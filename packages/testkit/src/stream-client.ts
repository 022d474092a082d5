import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

/** A message of the WebSocket protocol, as a client reads it. */
export interface StreamMessage {
  readonly type: string;
  readonly id?: string;
  readonly request_id?: string;
  readonly seq?: number;
  readonly text?: string;
  readonly [field: string]: unknown;
}

/** A WebSocket client that keeps all that it was sent, and lets a test wait for what it expects. */
export interface StreamClient {
  readonly socket: WebSocket;
  /** All messages so far, in order. */
  readonly messages: readonly StreamMessage[];
  /** Resolves when the connection has ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Sends an object as JSON, a string or bytes as they are. */
  send(message: object | string | Buffer): void;
  /**
   * The first message, past or future, that `matches`.
   *
   * @throws when the connection ends without one, with the messages that came
   */
  find(matches: (message: StreamMessage) => boolean): Promise<StreamMessage>;
  /** `completed` or `error` of the request with this `request_id` or `id`. */
  ended(name: string): Promise<StreamMessage>;
  /** The chunks so far of the request with this `request_id` or `id`. */
  chunks(name: string): StreamMessage[];
  close(): Promise<void>;
  /** Breaks the connection without a close frame, as a lost network does. */
  terminate(): void;
}

export interface StreamClientOptions extends ClientOptions {
  /** Sent as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** WebSocket subprotocols. */
  readonly protocols?: string[];
}

/**
 * Opens `/v1/stream`.
 *
 * @param url of the gateway, `http:` or `ws:`, without a path
 */
export async function openStream(url: string, options: StreamClientOptions = {}): Promise<StreamClient> {
  const { apiKey, protocols = [], ...rest } = options;
  const socket = new WebSocket(`${url.replace(/^http/u, 'ws')}/v1/stream`, protocols, {
    ...rest,
    headers: { ...rest.headers, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) },
  });
  const messages: StreamMessage[] = [];
  const waiting = new Set<() => void>();
  let end: { code: number; reason: string } | undefined;
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as StreamMessage);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      end = { code, reason: reason.toString('utf8') };
      resolve(end);
      for (const look of waiting) look();
    });
  });
  await once(socket, 'open');
  // A reset after the connection was open ends in 'close'.
  socket.on('error', () => {});

  const find = (matches: (message: StreamMessage) => boolean): Promise<StreamMessage> =>
    new Promise((resolve, reject) => {
      let from = 0;
      const look = (): void => {
        for (; from < messages.length; from += 1) {
          const message = messages[from] as StreamMessage;
          if (!matches(message)) continue;
          waiting.delete(look);
          resolve(message);
          return;
        }
        if (end === undefined) return;
        waiting.delete(look);
        const seen = JSON.stringify(messages.slice(-10));
        reject(new Error(`The connection ended with ${end.code} before the message came. The last: ${seen}`));
      };
      waiting.add(look);
      look();
    });
  const isAbout = (name: string, { id, request_id }: StreamMessage): boolean =>
    id === name || request_id === name;

  return {
    socket,
    messages,
    closed,
    find,
    send(message) {
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      );
    },
    ended: (name) =>
      find((message) => isAbout(name, message) && (message.type === 'completed' || message.type === 'error')),
    chunks: (name) => messages.filter((message) => isAbout(name, message) && message.type === 'chunk'),
    async close() {
      socket.close();
      await closed;
    },
    terminate() {
      socket.terminate();
    },
  };
}
