import type { IncomingHttpHeaders } from 'node:http';
import type { FieldNames } from '@millrace/endpoints';
import { MillraceError } from '@millrace/runtime';

const wholeNumber = /^(?:0|[1-9]\d{0,15})$/;

/**
 * Number of the last chunk that a client has: its Last-Event-ID, as browsers send it after a lost connection, else `after` of the
 * query, else 0.
 *
 * @throws `invalid_value` naming the header or the field
 */
export function lastEventIdOf(headers: IncomingHttpHeaders, after?: unknown): number {
  const header = headers['last-event-id'];
  if (header !== undefined) return numberOf('Last-Event-ID', header);
  return after === undefined ? 0 : numberOf('after', after);
}

/** What a client that has sent these headers calls the number of its last chunk. */
export function cursorNames(headers: IncomingHttpHeaders): FieldNames {
  return (param) => (param === 'after' && headers['last-event-id'] !== undefined ? 'Last-Event-ID' : param);
}

function numberOf(param: string, value: unknown): number {
  if (typeof value === 'string' && wholeNumber.test(value)) return Number(value);
  throw new MillraceError(
    'invalid_value',
    `${param} must be a whole number from 0, the id of the last event that was received`,
    { param },
  );
}
