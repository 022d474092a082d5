import type { FastifyReply, FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@millrace/contracts';
import type { Relay } from '@millrace/relay';
import { MillraceError, type Clock } from '@millrace/runtime';
import { streamAnswer } from './answer-request.ts';
import type { ClientWatch } from './client-watch.ts';
import { nativeFrames } from './stream-frames.ts';

export interface RequestStreamOptions {
  readonly relay: Relay;
  readonly clock: Clock;
  readonly keepAliveMs: number;
  /** Called with what ended the stream early. */
  readonly onError: (error: unknown, requestId: string) => void;
}

/** Where a reader goes on. */
interface Place {
  readonly requestId: string;
  /** Number of the last chunk that it has. */
  readonly after: number;
}

/**
 * Answers `GET /v1/requests/{id}/stream`: the answer of a request behind the chunk that `Last-Event-ID` or `after` names, in Millrace's
 * own events. Any number of clients may read it, on any gateway; one that leaves does not end the request.
 *
 * @throws `invalid_value`, `request_not_found`, `too_many_in_flight`, `unavailable`
 */
export async function streamRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  { principal, client }: { readonly principal: VerifiedPrincipal; readonly client: ClientWatch },
  { relay, clock, keepAliveMs, onError }: RequestStreamOptions,
): Promise<FastifyReply> {
  const { requestId, after } = placeOf(request);
  const leave = relay.enter(principal);
  try {
    const events = relay.follow(requestId, { principal, after, signal: client.ended });
    await streamAnswer(reply, events, {
      requestId,
      frames: nativeFrames({ requestId, model: '', acceptedAt: 0 }),
      after,
      clock,
      keepAliveMs,
      gone: client.gone,
      ended: AbortSignal.any([client.ended, relay.stopping]),
      headersOf: () => ({}),
      onError: (error) => onError(error, requestId),
    });
    return reply;
  } catch (error) {
    if (!client.gone.aborted) throw error;
    // There is nobody to tell.
    return reply.hijack();
  } finally {
    leave();
  }
}

function placeOf({ params, query, headers }: FastifyRequest): Place {
  const { id } = params as { readonly id: string };
  const { after } = query as { readonly after?: unknown };
  const lastEventId = headers['last-event-id'];
  const [param, value] = lastEventId === undefined ? ['after', after ?? '0'] : ['Last-Event-ID', lastEventId];
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return { requestId: id, after: Number(value) };
  throw new MillraceError('invalid_value', `${param} must be the number of a chunk`, { param });
}
