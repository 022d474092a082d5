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

export interface InferenceOptions {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
}

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
      maxDeliveries,
    },
    onRequestScrubbed({ ...dependencies, model, cancellations, engineMetrics, ackWaitMs }),
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
