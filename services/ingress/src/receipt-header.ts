import type { IncomingHttpHeaders } from 'node:http';
import type { StreamFrame, StreamFrames } from '@millrace/endpoints';
import type { RelayCompleted } from '@millrace/relay';
import { MillraceError, shorten } from '@millrace/runtime';

export const receiptHeader = 'x-millrace-receipt';

/** Whether the answer is to have its receipt. @throws `invalid_value` */
export function isReceiptAsked(headers: IncomingHttpHeaders): boolean {
  const value = String(headers[receiptHeader] ?? 'false').toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  throw new MillraceError(
    'invalid_value',
    `X-Millrace-Receipt is ${JSON.stringify(shorten(value))}: it must be true or false`,
    { param: 'X-Millrace-Receipt' },
  );
}

/** What an answer says of its receipt: the receipt, or null, and where it is given from then on. Nothing where it was not asked for. */
export function receiptFields(
  requestId: string,
  receipt: RelayCompleted['receipt'],
): Readonly<Record<string, unknown>> {
  return receipt === undefined ? {} : { receipt, receipt_url: `/v1/requests/${requestId}/receipt` };
}

/** Frames whose last event that is JSON has the receipt, where it was asked for. */
export function receiptFrames(frames: StreamFrames, requestId: string): StreamFrames {
  return {
    ...frames,
    completed: (event) => receiptedFrames(frames.completed(event), requestId, event.receipt),
  };
}

/** The last frames of an answer, with its receipt in the last that is JSON. */
export function receiptedFrames(
  last: readonly StreamFrame[],
  requestId: string,
  receipt: RelayCompleted['receipt'],
): readonly StreamFrame[] {
  const index = last.findLastIndex(({ data }) => typeof data === 'object');
  const frame = last[index];
  if (receipt === undefined || frame === undefined) return last;
  const data = { ...(frame.data as object), ...receiptFields(requestId, receipt) };
  return last.with(index, { ...frame, data });
}
