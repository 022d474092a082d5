import { consumerDefinitions } from '@millrace/contracts';
import { createIdGenerator, systemRandom } from '@millrace/runtime';
import { consumeClosings, type Service, type StageDependencies } from '@millrace/stage';
import type { AuditSettings } from './config.ts';
import { onRequestClosed } from './on-request-closed.ts';

/** Consumes request.closed, emits audit.recorded. Wiring alone. */
export async function startAudit(
  dependencies: StageDependencies,
  settings: Pick<AuditSettings, 'ackWaitMs' | 'maxBatch' | 'maxDeliveries'>,
): Promise<Service> {
  const nextId = createIdGenerator(dependencies.clock, systemRandom);
  const consumption = await consumeClosings(
    dependencies,
    {
      stage: 'audit',
      consumer: consumerDefinitions(settings.ackWaitMs).audit,
      maxBatch: settings.maxBatch,
      maxDeliveries: settings.maxDeliveries,
    },
    onRequestClosed(dependencies, nextId),
  );
  return {
    ready: async () => (dependencies.bus.connected ? undefined : 'not connected to NATS'),
    stop: () => consumption.stop(),
  };
}
