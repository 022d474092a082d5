import type { FastifyReply } from 'fastify';
import type { CacheHit } from '@millrace/contracts';
import { type Asked, CollectedChoices, type StreamFrames, type StreamStart } from '@millrace/endpoints';
import { clientError, type RelayEvent, type RelayFailed } from '@millrace/relay';
import type { Clock } from '@millrace/runtime';
import { openEventStream, type EventStream } from './event-stream.ts';

type Events = AsyncGenerator<RelayEvent, void, undefined>;

/** Waits for the whole answer. @throws the error of a request that failed */
export async function wholeAnswer(
  start: StreamStart,
  events: Events,
  answer: Asked['answer'],
): Promise<object> {
  const collected = new CollectedChoices();
  for await (const event of events) {
    if (event.type === 'chunk') collected.add(event);
    else if (event.type === 'failed') throw event.error;
    else return answer(collected, start, event);
  }
  throw new Error('an answer ended without an end');
}

export interface StreamOptions {
  readonly requestId: string;
  readonly frames: StreamFrames;
  /** Number of the last chunk that the client has; by default 0. */
  readonly after?: number;
  readonly clock: Clock;
  readonly keepAliveMs: number;
  /** How long the status waits for the first event. */
  readonly statusWaitMs: number;
  /** Aborted when the client is gone. */
  readonly gone: AbortSignal;
  /** Aborted when nothing more is to be waited for: the client is gone or was shut out, or the gateway stops. */
  readonly ended: AbortSignal;
  /** Headers that the beginning of the answer decides, which is known unless it came too late. */
  readonly headersOf: (hit: CacheHit | undefined) => Readonly<Record<string, string>>;
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
  const { frames, clock, keepAliveMs, statusWaitMs, gone, ended, headersOf, requestId } = options;
  try {
    const first = events.next();
    const begun = await settledOrLate(first, clock, statusWaitMs);
    reply.hijack();
    const headers = {
      ...headersSoFar(reply),
      'x-request-id': requestId,
      ...(begun === undefined ? {} : headersOf(begun.cache)),
    };
    const stream = openEventStream(reply.raw, headers, { clock, keepAliveMs, signal: ended });
    const sent = { seq: options.after ?? 0, isOver: false };
    try {
      await sendAll(stream, first, events, frames, sent);
    } catch (error) {
      if (gone.aborted) return;
      options.onError(error);
      stream.write(frames.failed(clientError(error), sent));
    } finally {
      stream.end();
    }
  } finally {
    // Ends the follower also where its events were not read to their end.
    await events.return();
  }
}

/** @throws the error of a request that failed */
async function sendAll(
  stream: EventStream,
  first: Promise<IteratorResult<RelayEvent, void>>,
  events: Events,
  frames: StreamFrames,
  sent: { seq: number; isOver: boolean },
): Promise<void> {
  for (let next = await first; next.done !== true; next = await events.next()) {
    const event = next.value;
    if (event.type === 'failed') {
      sent.isOver = true;
      throw event.error;
    }
    await stream.send(event.type === 'chunk' ? frames.chunk(event) : frames.completed(event));
    sent.seq = event.seq;
  }
}

/** What was set for the response so far, such as the headers of security and of other origins. */
export function headersSoFar(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/** @returns the first event, if it comes in time. @throws what it says or throws */
async function settledOrLate(
  first: Promise<IteratorResult<RelayEvent, void>>,
  clock: Clock,
  limitMs: number,
): Promise<Exclude<RelayEvent, RelayFailed> | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.setTimer(limitMs, () => late.resolve(undefined));
  try {
    const result = await Promise.race([first, late.promise]);
    if (result === undefined || result.done === true) return undefined;
    if (result.value.type === 'failed') throw result.value.error;
    return result.value;
  } finally {
    timer.cancel();
  }
}
