import { answerChunk, toErrorBody, type RelayChunk, type RelayCompleted } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { endOf } from './collected-choices.ts';
import { withFieldName, type FieldNames } from './field-names.ts';

/** One server-sent event. */
export interface StreamFrame {
  /** Name of the event; without one clients take it for a `message`. */
  readonly event?: string;
  /** Text as it is, an object as JSON. */
  readonly data: object | string;
  /** What a client names as Last-Event-ID to go on behind it. */
  readonly id?: number;
}

/** How the events of an answer are put for the clients of one API. It is made anew for each stream. */
export interface StreamFrames {
  readonly chunk: (event: RelayChunk) => readonly StreamFrame[];
  readonly completed: (event: RelayCompleted) => readonly StreamFrame[];
  /** In place of `completed`, when the answer breaks off. */
  readonly failed: (error: MillraceError, at: BrokenOff) => readonly StreamFrame[];
}

/** Where an answer broke off. */
export interface BrokenOff {
  /** Number of the last chunk that was sent. */
  readonly seq: number;
  /** Whether the request has ended. Otherwise it runs on, and only this gateway can no longer send its answer. */
  readonly isOver: boolean;
}

/** What is known of an answer before its first event. */
export interface StreamStart {
  readonly requestId: string;
  /** Name of the model that is asked. */
  readonly model: string;
  /** When the request was taken in, in milliseconds since the epoch. */
  readonly acceptedAt: number;
}

/** Millrace's own: `chunk`, then `completed` or `error`. */
export function nativeFrames({ requestId }: Pick<StreamStart, 'requestId'>): StreamFrames {
  return {
    chunk: (event) => [{ event: 'chunk', data: answerChunk(event), id: event.seq }],
    completed: (event) => {
      const { seq, model = null, finishReasons } = event;
      const several = finishReasons === undefined ? {} : { finish_reasons: finishReasons };
      const data = {
        seq,
        request_id: requestId,
        model,
        ...endOf(event),
        cost: event.cost ?? null,
        ...several,
      };
      return [{ event: 'completed', data, id: seq }];
    },
    failed: (error, at) => [{ event: 'error', data: errorData(error, requestId, at) }],
  };
}

/** Data of an error within a stream. Where the request runs on, it says how to go on. */
export function errorData(error: MillraceError, requestId: string, { seq, isOver }: BrokenOff): object {
  const { retryable, retryAfterMs } = error;
  return {
    ...toErrorBody(error),
    request_id: requestId,
    seq,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
    ...(isOver || !retryable
      ? {}
      : { resume: { url: `/v1/requests/${requestId}/stream`, last_event_id: String(seq) } }),
  };
}

/** Whose errors name fields as the client does. */
export function namedFrames(frames: StreamFrames, nameOf: FieldNames): StreamFrames {
  const failed: StreamFrames['failed'] = (error, at) =>
    frames.failed(MillraceError.from(withFieldName(error, nameOf)), at);
  return { ...frames, failed };
}
