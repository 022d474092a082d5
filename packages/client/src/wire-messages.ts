import type { StreamedError } from './api-error.ts';
import type { AcceptedEvent, ChunkEvent, CompletedEvent } from './answers.ts';

/** The subprotocol of version 1 of the WebSocket protocol. */
export const subprotocol = 'millrace.v1';

export interface ReadyMessage {
  readonly type: 'ready';
  readonly heartbeat_ms: number;
}

/** Which request a message is about: what this client called it. */
interface Named {
  readonly id?: string;
  readonly request_id?: string;
}

export interface ErrorMessage extends Named, StreamedError {
  readonly type: 'error';
}

/** A message about a request. */
export type AnswerMessage = (Named & (AcceptedEvent | ChunkEvent | CompletedEvent)) | ErrorMessage;

export type ServerMessage = ReadyMessage | AnswerMessage | { readonly type: 'pong' };
