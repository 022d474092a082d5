import { consumerDefinitions } from '@millrace/contracts';
import { runStage, watchCancellations, type Service, type StageDependencies } from '@millrace/stage';
import type { PiiSettings } from './config.ts';
import { onRequestAdmitted } from './on-request-admitted.ts';

/** Consumes request.admitted, emits request.scrubbed. Wiring alone. */
export async function startPii(dependencies: StageDependencies, settings: PiiSettings): Promise<Service> {
  const cancellations = await watchCancellations(dependencies);
  const consumption = await runStage(
    dependencies,
    {
      stage: 'pii',
      consumer: consumerDefinitions(settings.ackWaitMs).scrubbing,
      eventName: 'request.admitted',
      concurrency: settings.concurrency,
      maxDeliveries: settings.maxDeliveries,
    },
    onRequestAdmitted(dependencies, cancellations),
  );
  return {
    ready: () => (dependencies.bus.connected ? undefined : 'not connected to NATS'),
    async stop() {
      await consumption.stop();
      await cancellations.stop();
    },
  };
}
