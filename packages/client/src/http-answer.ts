import { toStreamedError, type StreamedError } from './api-error.ts';
import type { AnswerStart } from './answer-start.ts';
import type { AnswerEvent, ChunkEvent, CompletedEvent } from './answers.ts';
import { MillraceConnectionError } from './errors.ts';
import type { HttpApi } from './http-api.ts';
import { receiptHeader } from './receipt-header.ts';
import { serverSentEvents } from './server-sent-events.ts';

export interface HttpAnswerOptions {
  readonly signal?: AbortSignal | undefined;
  /** Without a byte for so long the connection counts as broken. */
  readonly silenceLimitMs: number;
}

interface ErrorData {
  readonly error?: StreamedError;
  /** There where the request runs on: only this connection ends. */
  readonly resume?: object;
  readonly seq?: number;
  readonly retryable?: boolean;
  readonly retry_after_ms?: number;
}

/**
 * An answer as server-sent events, which goes on behind the last chunk when the connection breaks. Who leaves before the end
 * cancels a request of its own.
 *
 * @throws MillraceApiError, MillraceConnectionError, the signal's reason
 */
export async function* httpAnswer(
  api: HttpApi,
  start: AnswerStart,
  { signal, silenceLimitMs }: HttpAnswerOptions,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const retries = api.retries();
  let requestId = 'requestId' in start ? start.requestId : undefined;
  let after = 'requestId' in start ? start.after : 0;
  let isAccepted = false;
  let isEnded = false;

  const open = (): Promise<Response> => {
    if (requestId !== undefined) {
      return api.open({
        method: 'GET',
        path: `/v1/requests/${encodeURIComponent(requestId)}/stream`,
        headers: { accept: 'text/event-stream', 'last-event-id': String(after), ...receiptHeader(start) },
        signal,
      });
    }
    const { operation, body, idempotencyKey } = start as Extract<AnswerStart, { operation: string }>;
    return api.open({
      method: 'POST',
      path: `/v1/${operation}`,
      body: { ...body, stream: true },
      headers: { accept: 'text/event-stream', 'idempotency-key': idempotencyKey, ...receiptHeader(start) },
      signal,
    });
  };

  try {
    for (;;) {
      try {
        const response = await open();
        requestId ??= response.headers.get('x-request-id') ?? undefined;
        if (!isAccepted && requestId !== undefined) {
          isAccepted = true;
          yield { type: 'accepted', request_id: requestId };
        }
        for await (const { event, data } of serverSentEvents(response, { signal, silenceLimitMs })) {
          if (event === 'chunk') {
            const chunk = JSON.parse(data) as Omit<ChunkEvent, 'type'>;
            if (chunk.seq <= after) continue;
            if (chunk.seq !== after + 1) throw new MillraceConnectionError('A chunk is missing.');
            after = chunk.seq;
            retries.progress();
            yield { type: 'chunk', ...chunk };
          } else if (event === 'completed') {
            isEnded = true;
            yield { type: 'completed', ...(JSON.parse(data) as Omit<CompletedEvent, 'type'>) };
            return;
          } else if (event === 'error') {
            const { error = {}, resume, ...rest } = JSON.parse(data) as ErrorData;
            const known = toStreamedError({ ...error, ...rest }, requestId);
            if (resume === undefined) {
              isEnded = !(known.retryable && after === 0 && 'operation' in start);
              // Nothing of the answer is out yet: the request is made anew under its key.
              if (!isEnded) [requestId, isAccepted] = [undefined, false];
              throw known;
            }
            throw new MillraceConnectionError(known.message, {
              cause: known,
              retryAfterMs: known.retryAfterMs,
            });
          }
        }
        throw new MillraceConnectionError('The answer broke off.');
      } catch (error) {
        if (isEnded) throw error;
        await retries.after(error, signal);
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) isEnded = true;
    throw error;
  } finally {
    if (!isEnded && 'idempotencyKey' in start) api.cancel(start.idempotencyKey);
  }
}
