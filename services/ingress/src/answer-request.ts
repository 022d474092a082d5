import type { FastifyReply } from 'fastify';
import { answerChunk, clientError, toErrorBody, type RelayEvent } from '@millrace/relay';
import type { Clock, MillraceError } from '@millrace/runtime';
import { openEventStream, type EventStream } from './event-stream.ts';
import { CollectedChoices, endOf } from './collected-choices.ts';
import type { Asked } from './endpoints.ts';

type Events = AsyncGenerator<RelayEvent, void, undefined>;

/** Waits for the whole answer. @throws the error of a request that failed */
export async function wholeAnswer(
  requestId: string,
  events: Events,
  answer: Asked['answer'],
): Promise<object> {
  const collected = new CollectedChoices();
  for await (const event of events) {
    if (event.type === 'chunk') collected.add(event);
    else if (event.type === 'failed') throw event.error;
    else return answer(collected, requestId, event);
  }
  throw new Error('an answer ended without an end');
}

export interface StreamOptions {
  readonly requestId: string;
  readonly clock: Clock;
  readonly keepAliveMs: number;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  /** Aborted when nothing more is to be waited for: the client is gone or was shut out, or the gateway stops. */
  readonly ended: AbortSignal;
  /** Called with what ended the stream early, before the client is told. */
  readonly onError: (error: unknown) => void;
}

/**
 * Sends the answer as server-sent events. The status waits for the first event, though not for ever, so that a request that is
 * turned away gets a status that says so.
 *
 * @throws the error of a request that failed before anything was sent
 */
export async function streamAnswer(
  reply: FastifyReply,
  events: Events,
  options: StreamOptions,
): Promise<void> {
  const { requestId, clock, keepAliveMs, gone, ended } = options;
  try {
    const first = events.next();
    await settledOrLate(first, clock, keepAliveMs);
    reply.hijack();
    const headers = { ...headersOf(reply), 'x-request-id': requestId };
    const stream = openEventStream(reply.raw, headers, { clock, keepAliveMs, signal: ended });
    const sent: Sent = { seq: 0, hasFailed: false };
    try {
      await sendAll(stream, first, events, requestId, sent);
    } catch (error) {
      if (gone.aborted) return;
      options.onError(error);
      stream.write('error', errorEvent(clientError(error), requestId, sent));
    } finally {
      stream.end();
    }
  } finally {
    // Ends the follower also where its events were not read to their end.
    await events.return();
  }
}

/** What has gone out. */
interface Sent {
  seq: number;
  /** Whether the request has ended, without a whole answer. */
  hasFailed: boolean;
}

/** @throws the error of a request that failed */
async function sendAll(
  stream: EventStream,
  first: Promise<IteratorResult<RelayEvent, void>>,
  events: Events,
  requestId: string,
  sent: Sent,
): Promise<void> {
  for (let next = await first; next.done !== true; next = await events.next()) {
    const event = next.value;
    if (event.type === 'chunk') {
      await stream.send('chunk', answerChunk(event), event.seq);
      sent.seq = event.seq;
    } else if (event.type === 'failed') {
      sent.hasFailed = true;
      throw event.error;
    } else {
      const completed = {
        seq: event.seq,
        request_id: requestId,
        model: event.model ?? null,
        ...endOf(event),
        ...(event.finishReasons === undefined ? {} : { finish_reasons: event.finishReasons }),
      };
      await stream.send('completed', completed, event.seq);
    }
  }
}

/**
 * The data of an `error` event. Where the request itself has not ended, and only this gateway can no longer send its answer, it
 * says how to go on.
 */
function errorEvent(error: MillraceError, requestId: string, { seq, hasFailed }: Sent): object {
  const { retryable, retryAfterMs } = error;
  return {
    ...toErrorBody(error),
    request_id: requestId,
    seq,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
    ...(hasFailed || !retryable
      ? {}
      : { resume: { url: `/v1/requests/${requestId}/stream`, last_event_id: String(seq) } }),
  };
}

/** What was set for the response so far, such as the headers of security and of other origins. */
function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/** @throws what the first event says or throws, if it comes in time */
async function settledOrLate(
  first: Promise<IteratorResult<RelayEvent, void>>,
  clock: Clock,
  limitMs: number,
): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.setTimer(limitMs, () => late.resolve(undefined));
  try {
    const result = await Promise.race([first, late.promise]);
    if (result !== undefined && result.done !== true && result.value.type === 'failed')
      throw result.value.error;
  } finally {
    timer.cancel();
  }
}
