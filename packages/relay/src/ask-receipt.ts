import { subjects } from '@millrace/contracts';
import type { StageDependencies } from '@millrace/stage';
import type { RelayEvent } from './relay-event.ts';

/** Whose receipt it is; the principal may read the answer. */
export interface ReceiptSubject {
  readonly tenant: string;
  readonly requestId: string;
}

/** How long an answer that is there waits for its receipt. */
export const receiptWaitMs = 5_000;
/** Behind that: the way to the audit service and back. */
const graceMs = 500;

/** Asks for the receipt of a request. @returns undefined where there is none in time. @throws the signal's reason */
export type AskReceipt = (subject: ReceiptSubject, signal: AbortSignal) => Promise<object | undefined>;

export function createAskReceipt({
  bus,
  codec,
  logger,
}: Pick<StageDependencies, 'bus' | 'codec' | 'logger'>): AskReceipt {
  return async ({ tenant, requestId }, signal) => {
    const asked = { tenant, request_id: requestId, wait_ms: receiptWaitMs };
    try {
      const answer = await bus.request(subjects.receipt, codec.encode('receipt.requested', asked), {
        timeoutMs: receiptWaitMs + graceMs,
        signal,
      });
      const { receipt } = codec.decode('receipt.given', answer);
      return receipt === null ? undefined : (JSON.parse(receipt) as object);
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ error, requestId }, 'an answer goes out without its receipt, which can be fetched later');
      return undefined;
    }
  };
}

/** The same events; an answer that is whole waits for its receipt, which its end has then: null where there is none in time. */
export async function* withReceipt(
  askReceipt: AskReceipt,
  subject: ReceiptSubject,
  events: AsyncGenerator<RelayEvent, void, undefined>,
  signal: AbortSignal,
): AsyncGenerator<RelayEvent, void, undefined> {
  try {
    for await (const event of events)
      yield event.type === 'completed'
        ? { ...event, receipt: (await askReceipt(subject, signal)) ?? null }
        : event;
  } finally {
    await events.return();
  }
}
