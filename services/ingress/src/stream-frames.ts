import { answerChunk, toErrorBody, type RelayChunk, type RelayCompleted } from '@millrace/relay';
import type { MillraceError } from '@millrace/runtime';
import { endOf } from './collected-choices.ts';

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
  readonly failed: (error: MillraceError) => readonly StreamFrame[];
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
      const data = { seq, request_id: requestId, model, ...endOf(event), ...several };
      return [{ event: 'completed', data, id: seq }];
    },
    failed: (error) => [{ event: 'error', data: toErrorBody(error) }],
  };
}
