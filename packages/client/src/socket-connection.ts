import { toStreamedError } from './api-error.ts';
import { Channel } from './channel.ts';
import { MillraceConnectionError, type MillraceApiError } from './errors.ts';
import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';
import { subprotocol, type ErrorMessage, type ServerMessage } from './wire-messages.ts';

export interface SocketConnectionOptions {
  readonly WebSocket: WebSocketConstructor;
  /** `ws:` or `wss:`, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string;
  readonly connectLimitMs: number;
}

const openState = 1;

/** One WebSocket, from its opening to its end, with any number of requests on it. */
export class SocketConnection {
  /** Resolves when the credential was taken. @throws MillraceApiError, MillraceConnectionError */
  readonly ready: Promise<void>;
  readonly #socket: WebSocketLike;
  readonly #channels = new Map<string, Channel>();
  #onEnd: () => void = () => undefined;
  #lost: Error | undefined;
  /** Why the server is about to close. */
  #told: MillraceApiError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSilent = false;

  constructor({ WebSocket, url, apiKey, connectLimitMs }: SocketConnectionOptions) {
    this.#socket = new WebSocket(`${url}/v1/stream`, [subprotocol, `millrace.bearer.${apiKey}`]);
    const socket = this.#socket;
    let resolveReady: (heartbeatMs: number) => void;
    const ready = new Promise<number>((resolve, reject) => {
      resolveReady = resolve;
      this.#onEnd = () => reject(this.#lost);
    });
    this.#timer = setTimeout(() => this.#lose(new Error('no answer in time')), connectLimitMs);
    socket.addEventListener('message', ({ data }) => {
      this.#isSilent = false;
      const message = parse(data);
      if (message === undefined) this.#lose(new Error('a message is not JSON'));
      else if (message.type === 'ready') resolveReady(message.heartbeat_ms);
      else if (message.type !== 'pong') this.#pass(message);
    });
    socket.addEventListener('error', () => this.#lose());
    socket.addEventListener('close', ({ code }) => this.#lose(new Error(`closed with ${code ?? 1006}`)));
    this.ready = ready.then((heartbeatMs) => this.#watch(heartbeatMs));
    // Whoever waits is told; where nobody does, nothing is lost.
    this.ready.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#lost === undefined && this.#socket.readyState === openState;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** How many requests use it. */
  get channels(): number {
    return this.#channels.size;
  }

  /** Gets the messages about the request of this id, which no other request of this connection has had. */
  attach(id: string): Channel {
    const channel = new Channel();
    if (this.#lost === undefined) this.#channels.set(id, channel);
    else channel.lose(this.#lost);
    return channel;
  }

  detach(id: string): void {
    this.#channels.delete(id);
  }

  /** Sends a message, unless the connection is lost: its channels say so. */
  send(message: object): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  close(): void {
    this.#lose(new Error('closed by this client'));
  }

  #pass(message: Exclude<ServerMessage, { readonly type: 'ready' | 'pong' }>): void {
    if (message.id !== undefined) this.#channels.get(message.id)?.push(message);
    else if (message.type === 'error') this.#told = connectionError(message);
  }

  /** Browsers do not show the pings of the server: what is silent for two intervals, a ping of this side included, is dead. */
  #watch(heartbeatMs: number): void {
    clearTimeout(this.#timer);
    const beat = (): void => {
      if (this.#lost !== undefined) return;
      if (this.#channels.size > 0) {
        if (this.#isSilent) {
          this.#lose(new Error('the connection is silent'));
          return;
        }
        this.#isSilent = true;
        this.send({ type: 'ping' });
      }
      this.#timer = setTimeout(beat, heartbeatMs);
    };
    this.#timer = setTimeout(beat, heartbeatMs);
  }

  #lose(cause?: Error): void {
    if (this.#lost !== undefined) return;
    clearTimeout(this.#timer);
    this.#lost =
      this.#told?.retryable === false
        ? this.#told
        : new MillraceConnectionError('The WebSocket connection broke.', {
            cause: this.#told ?? cause,
            retryAfterMs: this.#told?.retryAfterMs,
          });
    this.#onEnd();
    for (const channel of this.#channels.values()) channel.lose(this.#lost);
    this.#channels.clear();
    this.#socket.close();
  }
}

function connectionError(message: ErrorMessage): MillraceApiError {
  return toStreamedError(message, undefined);
}

function parse(data: unknown): ServerMessage | undefined {
  try {
    return JSON.parse(String(data)) as ServerMessage;
  } catch {
    return undefined;
  }
}
