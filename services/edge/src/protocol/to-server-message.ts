import { answerChunk, answerTimings, answerUsage, clientError, type RelayEvent } from '@millrace/relay';
import type { MessageNames } from './read-client-message.ts';
import type { ErrorMessage, ServerMessage } from './server-messages.ts';

/** An event of an answer as it goes over the wire. */
export function toServerMessage(
  event: RelayEvent,
  names: { readonly request_id: string; readonly id?: string },
): ServerMessage {
  switch (event.type) {
    case 'chunk':
      return { type: 'chunk', ...names, ...answerChunk(event) };
    case 'completed':
      return {
        type: 'completed',
        ...names,
        seq: event.seq,
        ...(event.model === undefined ? {} : { model: event.model }),
        finish_reason: event.finishReason,
        ...(event.finishReasons === undefined ? {} : { finish_reasons: event.finishReasons }),
        usage: answerUsage(event.usage, event.cache),
        timings: answerTimings(event.timings),
        cost: event.cost ?? null,
        ...(event.receipt === undefined ? {} : { receipt: event.receipt }),
      };
    case 'failed':
      return {
        ...toErrorMessage(event.error, names),
        seq: event.seq,
        ...(event.usage === undefined ? {} : { usage: answerUsage(event.usage) }),
      };
  }
}

/** An error as it goes over the wire; names the request where it is known. */
export function toErrorMessage(cause: unknown, names: MessageNames = {}): ErrorMessage {
  const error = clientError(cause);
  return {
    type: 'error',
    ...names,
    code: error.code,
    error_type: error.type,
    message: error.message,
    param: error.param ?? null,
    retryable: error.retryable,
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(error.retryAfterMs) }),
  };
}
