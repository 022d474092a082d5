import type { ResultChunk } from '@millrace/contracts';
import type { RequestEvent } from '@millrace/stage';

/** The record with which an attempt begins. */
export function attemptMarker(
  request: RequestEvent,
  {
    attempt,
    firstPosition,
    at,
  }: { readonly attempt: number; readonly firstPosition: number; readonly at: number },
): ResultChunk {
  return {
    request_id: request.request_id,
    tenant: request.tenant,
    kind: 'ATTEMPT',
    at,
    attempt,
    first_position: firstPosition,
    token_count: 0,
    content: null,
    opened: null,
    finished: null,
  };
}
