import type { Msg } from 'nats';
import type { Clock, Timer } from '@millrace/runtime';
import type { Connection } from './connection.ts';
import type { Headers } from './headers.ts';

/** Why a request got no answer. */
export type NoReply = 'disconnected' | 'timeout' | 'no_responders';

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: Headers;
  readonly signal?: AbortSignal;
}

interface Waiting {
  /** Takes a message; true when it was the last one. */
  readonly take: (message: Msg) => boolean;
  readonly end: (why: NoReply) => void;
  timer?: Timer;
}

/**
 * Requests whose answers all come in on one subscription. `request` of nats.js makes two timers and three promises each, and does
 * not notice a lost connection before the time is up.
 */
export interface ReplyInbox {
  /** @throws the signal's reason; MillraceError payload_too_large, unavailable when the bus is closed */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Msg | NoReply>;
  /** Hands each answer to `take` until that returns true; the time starts anew with each. */
  requestMany(
    subject: string,
    payload: Uint8Array,
    take: (message: Msg) => boolean,
    options: RequestOptions,
  ): Promise<NoReply | undefined>;
}

export function createReplyInbox(connection: Connection, clock: Clock): ReplyInbox {
  const prefix = `${connection.newInbox()}.`;
  const waiting = new Map<string, Waiting>();
  let counter = 0;

  connection.subscribe(`${prefix}*`, (message) => {
    const token = message.subject.slice(prefix.length);
    const entry = waiting.get(token);
    if (entry === undefined) return;
    if (message.data.length === 0 && message.headers?.code === 503) {
      remove(token, entry);
      entry.end('no_responders');
    } else if (entry.take(message)) {
      remove(token, entry);
    }
  });
  connection.onChange((connected) => {
    if (connected) return;
    for (const [token, entry] of Array.from(waiting)) {
      remove(token, entry);
      entry.end('disconnected');
    }
  });

  const remove = (token: string, entry: Waiting): void => {
    waiting.delete(token);
    entry.timer?.cancel();
  };

  const send = (
    subject: string,
    payload: Uint8Array,
    entry: Waiting,
    { timeoutMs, headers }: RequestOptions,
  ): string => {
    const token = (counter++).toString(36);
    waiting.set(token, entry);
    entry.timer = clock.setTimer(timeoutMs, () => {
      waiting.delete(token);
      entry.end('timeout');
    });
    try {
      connection.publish(subject, payload, {
        reply: prefix + token,
        ...(headers === undefined ? {} : { headers }),
      });
    } catch (error) {
      remove(token, entry);
      throw error;
    }
    return token;
  };

  const abortable = async <Result>(
    { promise, reject }: Pick<PromiseWithResolvers<Result>, 'promise' | 'reject'>,
    token: string,
    entry: Waiting,
    signal: AbortSignal,
  ): Promise<Result> => {
    const onAbort = (): void => {
      remove(token, entry);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    async request(subject, payload, options) {
      options.signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Msg | NoReply>();
      const entry: Waiting = {
        take: (message) => {
          resolve(message);
          return true;
        },
        end: resolve,
      };
      const token = send(subject, payload, entry, options);
      return await (options.signal === undefined
        ? promise
        : abortable({ promise, reject }, token, entry, options.signal));
    },
    async requestMany(subject, payload, take, options) {
      options.signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<NoReply | undefined>();
      const entry: Waiting = {
        take(message) {
          const isLast = take(message);
          if (isLast) resolve(undefined);
          return isLast;
        },
        end: resolve,
      };
      const token = send(subject, payload, entry, options);
      return await (options.signal === undefined
        ? promise
        : abortable({ promise, reject }, token, entry, options.signal));
    },
  };
}
