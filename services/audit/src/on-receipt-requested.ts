import { subjects } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import type { StageDependencies } from '@millrace/stage';
import type { createReceipts } from './receipts.ts';

const queue = 'audit';
/** Nobody has this waited longer, whatever is asked for. */
const longestWaitMs = 10_000;

/** Gives gateways the receipts that their clients have asked for. Only gateways can ask, and for those alone whose answers they give. */
export function onReceiptRequested(
  { bus, codec, metrics }: Pick<StageDependencies, 'bus' | 'codec' | 'metrics'>,
  receiptOf: ReturnType<typeof createReceipts>,
): Stoppable {
  const stopping = new AbortController();
  const given = metrics.counter({
    name: 'millrace_audit_receipts_total',
    help: 'Receipts that answers were to have, by whether they came in time.',
    labelNames: ['result'],
  });
  const responder = bus.respond(subjects.receipt, queue, async (payload) => {
    const { tenant, request_id: requestId, wait_ms: waitMs } = codec.decode('receipt.requested', payload);
    const wanted = { tenant, requestId, waitMs: Math.min(waitMs, longestWaitMs) };
    const receipt = await receiptOf(wanted, stopping.signal);
    given.inc({ result: receipt === undefined ? 'late' : 'given' });
    return codec.encode('receipt.given', { receipt: receipt === undefined ? null : JSON.stringify(receipt) });
  });
  return {
    async stop() {
      stopping.abort(new Error('the audit service stops'));
      await (await responder).stop();
    },
  };
}
