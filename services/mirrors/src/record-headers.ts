import type { StoredMessage } from '@millrace/bus';

/** Of the trace that a message belongs to, where it has one. */
const traceHeaders = ['traceparent', 'tracestate'] as const;

/** The headers of a record: where its message lies in NATS, what it is and what it belongs to. */
export function headersOf(
  { stream, sequence, subject, headers }: StoredMessage,
  { event, requestId }: { readonly event: string; readonly requestId: string | null },
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {
    'millrace-event': event,
    'millrace-stream': stream,
    'millrace-sequence': String(sequence),
    'millrace-subject': subject,
  };
  if (requestId !== null) found['millrace-request-id'] = requestId;
  for (const name of traceHeaders) {
    const value = headers[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
