import {
  connect,
  createInbox,
  credsAuthenticator,
  ErrorCode,
  Events,
  NatsError,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
} from 'nats';
import { MillraceError, type Clock, type Logger, type Stoppable } from '@millrace/runtime';
import { coalescePublishes } from './client-socket.ts';
import { toMessageHeaders, type Headers } from './headers.ts';
import { parseServerAddress, type ServerAddress } from './server-address.ts';

export type NatsCredentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  /** The text of a `.creds` file. */
  | { readonly credentialsFile: string };

export interface ConnectOptions {
  readonly url: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  readonly credentials?: NatsCredentials;
  /** Where answers come in: one of its own keeps others from reading them. `_INBOX` by default. */
  readonly inboxPrefix?: string;
  /** Files in PEM, for a server whose certificate no public authority has signed, or that wants one from its clients. */
  readonly tls?: {
    readonly caFile?: string | undefined;
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
  };
  /** How long to wait for the first connection: 10 s by default. */
  readonly connectTimeoutMs?: number;
}

export interface Subscription {
  /** Ends it; messages that the server has sent already still arrive before the promise resolves. */
  drain(): Promise<void>;
  unsubscribe(): void;
}

/** The connection to nats-server: reconnects for ever, and says when. */
export interface Connection {
  readonly connected: boolean;
  readonly serverVersion: string;
  /** Address without credentials. */
  readonly address: string;
  onChange(listener: (connected: boolean) => void): Stoppable;
  /** @returns whether it is connected before the time is up. @throws the signal's reason */
  whenConnected(timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /** What is published while the connection is away is lost: callers that care ask for an answer. */
  publish(
    subject: string,
    payload: Uint8Array,
    options?: { readonly reply?: string; readonly headers?: Headers },
  ): void;
  /** A handler that throws is logged. */
  subscribe(subject: string, handler: (message: Msg) => void, queue?: string): Subscription;
  /** A subject for answers that nobody else has. */
  newInbox(): string;
  flush(): Promise<void>;
  close(): Promise<void>;
}

const firstRetryMs = 100;
const dialTimeoutMs = 2_000;
const reconnectMs = 100;

/** @throws MillraceError unavailable when the server cannot be reached in time, config_invalid when it refuses the credentials */
export async function openConnection(
  options: ConnectOptions,
  clock: Clock,
  logger: Logger,
): Promise<Connection> {
  const address = parseServerAddress(options.url);
  const client = await firstConnection(address, options, clock);
  return wrap(client, address.shown, options.inboxPrefix, clock, logger);
}

async function firstConnection(
  address: ServerAddress,
  options: ConnectOptions,
  clock: Clock,
): Promise<NatsConnection> {
  const { name, credentials, connectTimeoutMs = 10_000 } = options;
  const startMs = clock.monotonicMs();
  for (;;) {
    try {
      return await connect({
        ...address.options,
        ...authentication(credentials),
        ...(options.tls === undefined ? {} : { tls: definedOf(options.tls) }),
        ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
        name,
        timeout: dialTimeoutMs,
        reconnect: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: reconnectMs,
        reconnectJitter: reconnectMs,
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
        pingInterval: 10_000,
      });
    } catch (error) {
      if (error instanceof NatsError && error.isAuthError())
        throw new MillraceError(
          'config_invalid',
          `The nats-server at ${address.shown} refuses the credentials`,
          { cause: error },
        );
      if (clock.monotonicMs() - startMs + firstRetryMs > connectTimeoutMs)
        throw new MillraceError('unavailable', `No nats-server can be reached at ${address.shown}`, {
          cause: error,
        });
      await clock.sleep(firstRetryMs, new AbortController().signal);
    }
  }
}

function definedOf(files: NonNullable<ConnectOptions['tls']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])),
  );
}

function authentication(credentials: NatsCredentials | undefined): ConnectionOptions {
  if (credentials === undefined) return {};
  if ('token' in credentials) return { token: credentials.token };
  if ('user' in credentials) return { user: credentials.user, pass: credentials.password };
  return { authenticator: credsAuthenticator(new TextEncoder().encode(credentials.credentialsFile)) };
}

function wrap(
  client: NatsConnection,
  address: string,
  inboxPrefix: string | undefined,
  clock: Clock,
  logger: Logger,
): Connection {
  coalescePublishes(client);
  let connected = true;
  let isClosing = false;
  const listeners = new Set<(connected: boolean) => void>();
  const change = (now: boolean): void => {
    if (connected === now) return;
    connected = now;
    if (now) logger.info({ address }, 'connected to nats-server again');
    else if (!isClosing) logger.warn({ address }, 'connection to nats-server lost');
    for (const listener of listeners) guarded(() => listener(now));
  };
  const guarded = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      logger.error({ error }, 'a listener of the bus failed');
    }
  };
  const followStatus = async (): Promise<void> => {
    for await (const status of client.status()) {
      if (status.type === Events.Disconnect) change(false);
      else if (status.type === Events.Reconnect) {
        coalescePublishes(client);
        change(true);
      } else if (status.type === Events.Error)
        logger.warn(
          { detail: status.data, context: status.permissionContext },
          'nats-server refused something',
        );
    }
  };
  followStatus().catch((error: unknown) =>
    logger.error({ error }, 'the status of the connection cannot be followed'),
  );
  const followEnd = async (): Promise<void> => {
    const error = await client.closed();
    change(false);
    if (error instanceof Error) logger.error({ error }, 'connection to nats-server closed');
  };
  followEnd().catch((error: unknown) => logger.error({ error }, 'connection to nats-server closed'));

  return {
    get connected() {
      return connected;
    },
    get serverVersion() {
      return client.info?.version ?? '';
    },
    address,
    onChange(listener) {
      listeners.add(listener);
      return {
        async stop() {
          listeners.delete(listener);
        },
      };
    },
    whenConnected(timeoutMs, signal) {
      return waitForChange(() => connected, listeners, timeoutMs, signal, clock);
    },
    publish(subject, payload, options) {
      try {
        client.publish(subject, payload, {
          ...(options?.reply === undefined ? {} : { reply: options.reply }),
          ...(options?.headers === undefined ? {} : { headers: toMessageHeaders(options.headers) }),
        });
      } catch (error) {
        throw publishFailure(error, payload.length);
      }
    },
    subscribe(subject, handler, queue) {
      const subscription = client.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        // An error thrown into the parser of nats.js would end the connection.
        callback: (error, message) => {
          if (error) logger.error({ error, subject }, 'subscription refused');
          else guarded(() => handler(message));
        },
      });
      return {
        unsubscribe: () => subscription.unsubscribe(),
        async drain() {
          if (subscription.isClosed() || client.isClosed()) return;
          await subscription.drain();
        },
      };
    },
    newInbox: () => createInbox(inboxPrefix),
    async flush() {
      if (connected) await client.flush();
    },
    async close() {
      isClosing = true;
      await client.close();
    },
  };
}

async function waitForChange(
  isConnected: () => boolean,
  listeners: Set<(connected: boolean) => void>,
  timeoutMs: number,
  signal: AbortSignal,
  clock: Clock,
): Promise<boolean> {
  signal.throwIfAborted();
  if (isConnected()) return true;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onChange = (now: boolean): void => {
    if (now) resolve(true);
  };
  const onAbort = (): void => reject(signal.reason);
  const timer = clock.setTimer(timeoutMs, () => resolve(false));
  listeners.add(onChange);
  signal.addEventListener('abort', onAbort);
  try {
    return await promise;
  } finally {
    listeners.delete(onChange);
    signal.removeEventListener('abort', onAbort);
    timer.cancel();
  }
}

function publishFailure(error: unknown, payloadBytes: number): MillraceError {
  if (error instanceof MillraceError) return error;
  if (error instanceof NatsError && error.code === ErrorCode.MaxPayloadExceeded.toString())
    return new MillraceError(
      'payload_too_large',
      `A message of ${payloadBytes} bytes is larger than the nats-server takes`,
      { cause: error },
    );
  return new MillraceError('unavailable', 'The connection to the nats-server is closed', { cause: error });
}
