import type { Msg } from 'nats';
import { MillraceError, type Clock } from '@millrace/runtime';
import type { ReadOptions, StoredMessage } from '../port.ts';
import type { Connection } from './connection.ts';
import { header, headersOf, parseHeaders, type Headers } from './headers.ts';
import type { JetStreamApi } from './jetstream-api.ts';
import { pauseBeforeRetry } from './pause.ts';
import type { ReplyInbox } from './reply-inbox.ts';
import { serverErrorCode, toMillraceError } from './server-errors.ts';

export interface StoredMessages {
  last(stream: string, subject: string, signal?: AbortSignal): Promise<StoredMessage | undefined>;
  /** The first message of the subject whose sequence is greater. */
  firstAfter(
    stream: string,
    subject: string,
    sequence: number,
    signal?: AbortSignal,
  ): Promise<StoredMessage | undefined>;
  read(stream: string, subject: string, options?: ReadOptions): AsyncIterable<StoredMessage>;
}

interface StoredBody {
  readonly message: {
    readonly subject: string;
    readonly seq: number;
    readonly data?: string;
    readonly hdrs?: string;
    readonly time: string;
  };
}

const batchMessages = 512;
const batchBytes = 4 * 1024 * 1024;
const attemptTimeoutMs = 5_000;
const maxFruitlessAttempts = 60;
const encoder = new TextEncoder();
const never = new AbortController().signal;

export function createStoredMessages(
  connection: Connection,
  inbox: ReplyInbox,
  api: JetStreamApi,
  clock: Clock,
): StoredMessages {
  /** Asks the stream's leader, so that what was acked is seen. */
  const get = async (
    stream: string,
    subject: string,
    which: object,
    signal?: AbortSignal,
  ): Promise<StoredMessage | undefined> => {
    const answer = await api.ask<StoredBody>(`STREAM.MSG.GET.${stream}`, which, { signal });
    if (answer.ok) return fromBody(stream, answer.value);
    if (answer.failure.err_code === serverErrorCode.messageNotFound) return undefined;
    throw toMillraceError(answer.failure, `Reading ${subject} in ${stream}`);
  };
  const last: StoredMessages['last'] = (stream, subject, signal) =>
    get(stream, subject, { last_by_subj: subject }, signal);
  const firstAfter: StoredMessages['firstAfter'] = (stream, subject, sequence, signal) =>
    get(stream, subject, { seq: sequence + 1, next_by_subj: subject }, signal);

  /**
   * Batched direct gets (ADR-31). Any replica answers them, so a batch may end before a message that the leader has acked:
   * then it is asked again, up to the last sequence that the leader named.
   */
  async function* read(
    stream: string,
    subject: string,
    options: ReadOptions = {},
  ): AsyncGenerator<StoredMessage, void, undefined> {
    const { fromSequence = 1, fromTime, signal = never } = options;
    const end = await last(stream, subject, signal);
    if (
      end === undefined ||
      end.sequence < fromSequence ||
      (fromTime !== undefined && end.storedAt < fromTime)
    )
      return;
    let next = fromSequence;
    let first = true;
    for (let fruitless = 0; next <= end.sequence && fruitless < maxFruitlessAttempts;) {
      const batch = await readBatch(
        stream,
        subject,
        first && next === 1 ? fromTime : undefined,
        next,
        signal,
      );
      first = batch.length === 0;
      for (const message of batch) {
        if (message.sequence > end.sequence) return;
        if (message.sequence < next) continue;
        next = message.sequence + 1;
        if (fromTime === undefined || message.storedAt >= fromTime) yield message;
      }
      if (batch.length > 0) {
        fruitless = 0;
      } else {
        const still = await last(stream, subject, signal);
        if (still === undefined || still.sequence < next) return;
        await pauseBeforeRetry(fruitless++, clock, signal);
      }
    }
    if (next <= end.sequence)
      throw new MillraceError(
        'unavailable',
        `Reading ${subject} in ${stream}: the nats-server at ${connection.address} does not answer`,
      );
  }

  async function readBatch(
    stream: string,
    subject: string,
    fromTime: number | undefined,
    next: number,
    signal: AbortSignal,
  ): Promise<StoredMessage[]> {
    const messages: StoredMessage[] = [];
    if (!connection.connected) await connection.whenConnected(attemptTimeoutMs, signal);
    const start = fromTime !== undefined ? { start_time: new Date(fromTime).toISOString() } : { seq: next };
    const request = { ...start, next_by_subj: subject, batch: batchMessages, max_bytes: batchBytes };
    await inbox.requestMany(
      `$JS.API.DIRECT.GET.${stream}`,
      encoder.encode(JSON.stringify(request)),
      (reply) => {
        const headers = headersOf(reply);
        const sequence = headers[header.sequence];
        if (sequence === undefined || headers[header.subject] === undefined) return true;
        messages.push(fromReply(reply, headers, Number(sequence)));
        return false;
      },
      { timeoutMs: attemptTimeoutMs, signal },
    );
    return messages;
  }

  return { last, firstAfter, read };
}

function fromReply(reply: Msg, headers: Headers, sequence: number): StoredMessage {
  return {
    stream: headers[header.stream] ?? '',
    subject: headers[header.subject] ?? '',
    sequence,
    payload: reply.data,
    headers,
    storedAt: Date.parse(headers[header.timeStamp] ?? ''),
  };
}

function fromBody(stream: string, { message }: StoredBody): StoredMessage {
  return {
    stream,
    subject: message.subject,
    sequence: message.seq,
    payload: fromBase64(message.data),
    headers: message.hdrs === undefined ? {} : parseHeaders(fromBase64(message.hdrs)),
    storedAt: Date.parse(message.time),
  };
}

function fromBase64(text: string | undefined): Uint8Array {
  return Buffer.from(text ?? '', 'base64');
}
