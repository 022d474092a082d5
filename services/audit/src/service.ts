import { loadSigner, publishSigner } from '@millrace/audit-log';
import { consumerDefinitions } from '@millrace/contracts';
import { watchPrices } from '@millrace/pricing';
import { createIdGenerator, stopInReverse, systemRandom, type Stoppable } from '@millrace/runtime';
import {
  consumeClosings,
  consumeEvents,
  consumeReturned,
  type Service,
  type StageDependencies,
} from '@millrace/stage';
import { createChains } from './chains.ts';
import { Checkpointer } from './checkpointer.ts';
import type { AuditSettings } from './config.ts';
import { keepInFile, keepNowhere } from './keep-checkpoints.ts';
import { onActPerformed } from './on-act-performed.ts';
import { onAuditRecorded } from './on-audit-recorded.ts';
import { onPiiFound } from './on-pii-found.ts';
import { onReceiptRequested } from './on-receipt-requested.ts';
import { onRequestClosed } from './on-request-closed.ts';
import { createReceipts } from './receipts.ts';

const stage = 'audit';

/** Consumes request.closed, act.performed and pii.found, emits audit.recorded; consumes that, emits audit.checkpointed; answers receipt.requested. Wiring alone. */
export async function startAudit(
  dependencies: StageDependencies,
  settings: Pick<
    AuditSettings,
    'ackWaitMs' | 'maxBatch' | 'maxDeliveries' | 'keyFile' | 'checkpointFile' | 'checkpointIntervalMs'
  >,
): Promise<Service> {
  const { ackWaitMs, maxBatch, maxDeliveries, checkpointIntervalMs, checkpointFile } = settings;
  const { bus, clock, logger } = dependencies;
  const parts: Stoppable[] = [];
  const keep = <Part extends Stoppable>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  try {
    const signer = await loadSigner(settings.keyFile);
    await publishSigner(dependencies, signer.publicKey);
    const prices = keep(await watchPrices(dependencies));
    const record = createChains(dependencies, createIdGenerator(clock, systemRandom));
    const consumers = consumerDefinitions(ackWaitMs);
    const options = { stage, maxBatch, maxDeliveries };
    const closings = onRequestClosed(record, prices);
    const acts = onActPerformed(record);
    keep(await consumeClosings(dependencies, { ...options, consumer: consumers.audit }, closings));
    keep(await consumeEvents(dependencies, 'act.performed', { ...options, consumer: consumers.acts }, acts));
    const found = { ...options, consumer: consumers.foundInAnswers };
    keep(await consumeEvents(dependencies, 'pii.found', found, onPiiFound(record)));
    keep(
      await consumeReturned(
        dependencies,
        { ...options, consumer: consumers.returnedToAudit },
        { closings, acts },
      ),
    );
    const keepElsewhere = checkpointFile === undefined ? keepNowhere : keepInFile(checkpointFile);
    const checkpointer = new Checkpointer(dependencies, signer, keepElsewhere);
    keep(
      await bus.consumeBatches(
        // A batch waits for its round, and the next one behind it.
        { ...consumers.checkpoints, ackWaitMs: ackWaitMs + 2 * checkpointIntervalMs },
        {
          maxBatch: 1_024,
          maxDeliveries: Number.MAX_SAFE_INTEGER,
          onPoison: async ({ sequence }) => logger.error({ stage, sequence }, 'a record is not signed'),
        },
        onAuditRecorded(dependencies, checkpointer, checkpointIntervalMs),
      ),
    );
    keep(onReceiptRequested(dependencies, createReceipts(dependencies, checkpointer)));
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
  return {
    ready: async () => (bus.connected ? undefined : 'not connected to NATS'),
    stop: () => stopInReverse(parts),
  };
}
