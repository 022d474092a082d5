import { nuid, type Msg } from 'nats';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { OutgoingMessage, PublishAck, PublishOptions } from '../port.ts';
import type { Connection } from './connection.ts';
import { header, type Headers } from './headers.ts';
import { pauseBeforeRetry } from './pause.ts';
import type { ReplyInbox } from './reply-inbox.ts';
import {
  isFull,
  isPassing,
  isWrongLastSequence,
  toMillraceError,
  type ServerFailure,
} from './server-errors.ts';
import type { StoredMessages } from './stored-messages.ts';

export type Publish = (message: OutgoingMessage, options?: PublishOptions) => Promise<PublishAck>;

interface AckBody {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ServerFailure;
}

const attemptTimeoutMs = 5_000;
const shortestAttemptMs = 1_000;
const decoder = new TextDecoder();

/**
 * Publishes to streams. A message without an id gets one, so that what is tried again is stored once all the same.
 * @param closing aborted when the bus stops and the server is away
 */
export function createPublisher(
  connection: Connection,
  inbox: ReplyInbox,
  stored: Pick<StoredMessages, 'firstAfter'>,
  clock: Clock,
  closing: AbortSignal,
): Publish {
  const ownIds = `${nuid.next()}-`;
  let counter = 0;

  return async (message, options = {}) => {
    const { retryForMs = 30_000 } = options;
    const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing]);
    const messageId = message.messageId ?? ownIds + (counter++).toString(36);
    const headers = headersFor(message, messageId);
    const startMs = clock.monotonicMs();
    const leftMs = (): number => startMs + retryForMs - clock.monotonicMs();
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      if (!connection.connected && !(await connection.whenConnected(leftMs(), signal)))
        throw new MillraceError(
          'unavailable',
          `Publishing to ${message.subject}: no nats-server can be reached at ${connection.address}`,
        );
      const timeoutMs = Math.min(attemptTimeoutMs, Math.max(leftMs(), shortestAttemptMs));
      const reply = await inbox.request(message.subject, message.payload, {
        timeoutMs,
        headers,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      if (typeof reply !== 'string') {
        const ack = ackOf(reply);
        if (ack.error === undefined)
          return { stream: ack.stream ?? '', sequence: ack.seq ?? 0, duplicate: ack.duplicate ?? false };
        if (isWrongLastSequence(ack.error))
          return await ownOrFenced(message, ack.stream ?? '', messageId, options.signal);
        if (isFull(ack.error) || !isPassing(ack.error) || leftMs() <= 0)
          throw toMillraceError(ack.error, `Publishing to ${message.subject}`);
      } else if (leftMs() <= 0) {
        throw new MillraceError(
          'unavailable',
          `Publishing to ${message.subject}: the nats-server at ${connection.address} did not ack (${reply})`,
        );
      }
      await pauseBeforeRetry(attempt, clock, signal);
    }
  };

  /**
   * nats-server looks at the expected sequence before it looks for a duplicate, so what is tried again after a lost ack is
   * refused as out of sequence. If an earlier try was stored, then as the first message of the subject after the expected one.
   */
  async function ownOrFenced(
    message: OutgoingMessage,
    stream: string,
    messageId: string,
    signal: AbortSignal | undefined,
  ): Promise<PublishAck> {
    const { subject, expectedLastSequence = 0 } = message;
    const next = await stored.firstAfter(stream, subject, expectedLastSequence, signal);
    if (next !== undefined && next.headers[header.messageId] === messageId)
      return { stream, sequence: next.sequence, duplicate: true };
    throw new MillraceError(
      'fenced',
      `Publishing to ${subject}: another message came after sequence ${expectedLastSequence}`,
    );
  }
}

function headersFor(message: OutgoingMessage, messageId: string): Headers {
  const headers: Record<string, string> = { ...message.headers, [header.messageId]: messageId };
  if (message.expectedLastSequence !== undefined)
    headers[header.expectedLastSubjectSequence] = String(message.expectedLastSequence);
  return headers;
}

function ackOf(reply: Msg): AckBody {
  try {
    const ack: AckBody = JSON.parse(decoder.decode(reply.data));
    return ack;
  } catch (error) {
    throw new MillraceError(
      'internal_error',
      'The ack of the nats-server is not JSON: something else listens on the subject',
      { cause: error },
    );
  }
}
