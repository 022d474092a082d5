import type { Msg } from 'nats';
import { MillraceError, type Clock, type Logger, type Stoppable } from '@millrace/runtime';
import type { ReceivedMessage } from '../port.ts';
import type { Connection } from './connection.ts';
import { header, headersOf } from './headers.ts';
import { pauseBeforeRetry } from './pause.ts';
import type { ReplyInbox } from './reply-inbox.ts';

const never = new AbortController().signal;
const empty = new Uint8Array();

/**
 * Asks until somebody answers or the time is up: a service that restarts misses nothing but time.
 * @throws MillraceError unavailable; the signal's reason
 */
export async function request(
  connection: Connection,
  inbox: ReplyInbox,
  clock: Clock,
  subject: string,
  payload: Uint8Array,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { timeoutMs, signal = never } = options;
  const endMs = clock.monotonicMs() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    if (!connection.connected) await connection.whenConnected(endMs - clock.monotonicMs(), signal);
    const leftMs = endMs - clock.monotonicMs();
    const reply =
      leftMs > 0 ? await inbox.request(subject, payload, { timeoutMs: leftMs, signal }) : 'timeout';
    if (typeof reply !== 'string') return answerOf(reply, subject);
    if (reply === 'timeout')
      throw new MillraceError('unavailable', `Nobody answered ${subject} within ${timeoutMs} ms`);
    await pauseBeforeRetry(attempt, clock, signal);
  }
}

function answerOf(reply: Msg, subject: string): Uint8Array {
  const failure = reply.headers?.get(header.serviceError) ?? '';
  if (failure !== '')
    throw new MillraceError('unavailable', `The service behind ${subject} failed`, {
      cause: new Error(failure),
    });
  return reply.data;
}

/** Answers requests. A handler that throws is logged, and the one who asked gets an error at once. */
export function respond(
  connection: Connection,
  logger: Logger,
  subject: string,
  queue: string,
  handler: (payload: Uint8Array) => Promise<Uint8Array>,
): Stoppable {
  const running = new Set<Promise<void>>();
  const answer = async (message: Msg): Promise<void> => {
    if (message.reply === undefined || message.reply === '') return;
    try {
      connection.publish(message.reply, await handler(message.data));
    } catch (error) {
      logger.error({ error, subject }, 'a request could not be answered');
      const code = error instanceof MillraceError ? error.code : 'internal_error';
      connection.publish(message.reply, empty, {
        headers: { [header.serviceError]: code, [header.serviceErrorCode]: '500' },
      });
    }
  };
  const subscription = connection.subscribe(
    subject,
    (message) => {
      const promise = answer(message)
        .catch((error: unknown) => logger.error({ error, subject }, 'an answer could not be sent'))
        .finally(() => running.delete(promise));
      running.add(promise);
    },
    queue,
  );
  return {
    async stop() {
      await subscription.drain();
      await Promise.all(running);
    },
  };
}

export function subscribe(
  connection: Connection,
  subject: string,
  handler: (message: ReceivedMessage) => void,
): Stoppable {
  const subscription = connection.subscribe(subject, (message) => handler(toReceivedMessage(message)));
  return {
    async stop() {
      await subscription.drain();
    },
  };
}

/** What a stream has repeated names its place in the stream. */
function toReceivedMessage(message: Msg): ReceivedMessage {
  const headers = headersOf(message);
  const sequence = headers[header.sequence];
  return {
    subject: message.subject,
    payload: message.data,
    headers,
    ...(sequence === undefined
      ? {}
      : { sequence: Number(sequence), previousSequence: Number(headers[header.lastSequence] ?? 0) }),
  };
}
