import { inferenceConsumer, subjectToken } from '@millrace/contracts';
import {
  announceModel,
  runStage,
  watchCancellations,
  type Service,
  type StageDependencies,
} from '@millrace/stage';
import type { LoadedModel } from './loaded-model.ts';
import { createInferenceMetrics } from './metrics.ts';
import { onRequestScrubbed } from './on-request-scrubbed.ts';
import { createSuspects } from './suspects.ts';

export interface InferenceOptions {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
}

/**
 * A delivery is no attempt when it goes to a worker that is stopped, or dies of another request. So what decides is the attempts
 * that got nowhere; the broker's own count is only the last resort.
 */
const deliveriesPerAttempt = 10;

/** Consumes request.scrubbed of one model, emits result chunks and request.closed. Wiring alone. */
export async function startInference(
  dependencies: StageDependencies,
  model: LoadedModel,
  { ackWaitMs, maxDeliveries }: InferenceOptions,
): Promise<Service> {
  const { card } = model.engine;
  const cancellations = await watchCancellations(dependencies);
  const engineMetrics = createInferenceMetrics(dependencies.metrics, model.engine);
  const consumption = await runStage(
    dependencies,
    {
      stage: 'inference',
      consumer: inferenceConsumer(subjectToken(card.name), ackWaitMs),
      eventName: 'request.scrubbed',
      concurrency: model.engine.slots,
      maxDeliveries: maxDeliveries * deliveriesPerAttempt,
    },
    onRequestScrubbed({
      ...dependencies,
      model,
      cancellations,
      engineMetrics,
      ackWaitMs,
      suspects: createSuspects(),
      maxAttempts: maxDeliveries,
    }),
  );
  await announceModel(dependencies, {
    name: card.name,
    version: card.version,
    context_length: card.contextLength,
    is_default: model.isDefault,
    at: dependencies.clock.now(),
  });
  return {
    ready() {
      if (!dependencies.bus.connected) return 'not connected to NATS';
      return model.engine.healthy ? undefined : 'the engine makes no progress';
    },
    async stop() {
      await consumption.stop();
      await cancellations.stop();
      await model.close();
    },
  };
}
