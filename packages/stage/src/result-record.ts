import type { ResultChunk } from '@millrace/contracts';

/** A record of the results of a request, empty but for what is given. */
export function resultRecord(
  { request_id, tenant }: Pick<ResultChunk, 'request_id' | 'tenant'>,
  record: Pick<ResultChunk, 'kind' | 'at'> & Partial<ResultChunk>,
): ResultChunk {
  return {
    request_id,
    tenant,
    attempt: 0,
    first_position: 0,
    token_count: 0,
    content: null,
    opened: null,
    finished: null,
    choice: 0,
    cache: null,
    served_by: null,
    ...record,
  };
}
