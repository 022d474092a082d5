import type { Consumption } from '@millrace/bus';
import { consumerDefinitions } from '@millrace/contracts';
import { onRequestClosed, type CountingDependencies } from './on-request-closed.ts';

/** Tries over minutes, in which broker and keys may be away. */
const maxDeliveries = 30;

/**
 * Has each request that ended counted, few at once: what is on its way goes before, and what waits is kept by the stream. Closings that cannot be read are dead letters of those who
 * charge and record them, not of this one.
 *
 * @param concurrency answers that are read and counted at once
 */
export function consumeClosed(dependencies: CountingDependencies, concurrency: number): Promise<Consumption> {
  const { bus, codec, logger, piiMetrics, ackWaitMs } = dependencies;
  const handle = onRequestClosed(dependencies);
  return bus.consume(
    consumerDefinitions(ackWaitMs).counting,
    {
      concurrency,
      maxDeliveries,
      async onPoison({ sequence }, why) {
        piiMetrics.uncounted(why.kind === 'deliveries' ? 'given_up' : 'unreadable');
        logger.error(
          { error: why.kind === 'error' ? why.error : undefined, sequence },
          'an answer was not counted',
        );
      },
      backoffMs: (deliveryCount) => Math.min(30_000, 250 * 2 ** Math.min(deliveryCount, 10)),
    },
    (delivery) => handle(delivery, codec.decode('request.closed', delivery.payload)),
  );
}
