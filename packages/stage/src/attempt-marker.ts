import type { ResultChunk } from '@millrace/contracts';
import type { RequestEvent } from './request-event.ts';
import { resultRecord } from './result-record.ts';

/** The record with which an attempt at a choice begins. */
export function attemptMarker(
  request: RequestEvent,
  {
    attempt,
    choice,
    firstPosition,
    at,
    servedBy,
  }: {
    readonly attempt: number;
    readonly choice: number;
    readonly firstPosition: number;
    readonly at: number;
    /** The model, where it is not the one that the request names. */
    readonly servedBy: string | null;
  },
): ResultChunk {
  return resultRecord(request, {
    kind: 'ATTEMPT',
    at,
    attempt,
    choice,
    first_position: firstPosition,
    served_by: servedBy,
  });
}
