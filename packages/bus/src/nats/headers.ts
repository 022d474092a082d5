import { headers as emptyHeaders, type Msg, type MsgHdrs } from 'nats';
import { MillraceError } from '@millrace/runtime';

export type Headers = Readonly<Record<string, string>>;

/** Names of the headers that nats-server itself reads or writes. */
export const header = {
  messageId: 'Nats-Msg-Id',
  expectedLastSubjectSequence: 'Nats-Expected-Last-Subject-Sequence',
  stream: 'Nats-Stream',
  subject: 'Nats-Subject',
  sequence: 'Nats-Sequence',
  lastSequence: 'Nats-Last-Sequence',
  timeStamp: 'Nats-Time-Stamp',
  pendingMessages: 'Nats-Pending-Messages',
  timeToLive: 'Nats-TTL',
  rollup: 'Nats-Rollup',
  operation: 'KV-Operation',
  markerReason: 'Nats-Marker-Reason',
  serviceError: 'Nats-Service-Error',
  serviceErrorCode: 'Nats-Service-Error-Code',
} as const;

const encoder = new TextEncoder();
const forbidden = /[\r\n]/;

/**
 * Headers as nats.js wants them. It calls `encode` alone, so the rest of its class, which costs more than the publish itself,
 * is not needed.
 */
export function toMessageHeaders(headers: Headers): MsgHdrs {
  let text = 'NATS/1.0\r\n';
  for (const [name, value] of Object.entries(headers)) {
    if (forbidden.test(value) || forbidden.test(name) || name.includes(':'))
      throw new MillraceError(
        'internal_error',
        `The header ${JSON.stringify(name)} holds a character that is not allowed`,
      );
    text += `${name}: ${value}\r\n`;
  }
  const bytes = encoder.encode(`${text}\r\n`);
  return Object.assign(emptyHeaders(), { encode: () => bytes });
}

/** The first value of each header of a received message. */
export function headersOf(message: Msg): Headers {
  const headers: Record<string, string> = {};
  if (message.headers === undefined) return headers;
  for (const [name, values] of message.headers) headers[name] = values[0] ?? '';
  return headers;
}

/** Decodes the head of a stored message as the API hands it out. */
export function parseHeaders(head: Uint8Array): Headers {
  const headers: Record<string, string> = {};
  for (const line of new TextDecoder().decode(head).split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon)] ??= line.slice(colon + 1).trim();
  }
  return headers;
}

/** Whether a message of a bucket says that its key is gone. */
export function isMarker(headers: Headers): boolean {
  return headers[header.operation] !== undefined || headers[header.markerReason] !== undefined;
}
