import { inferenceConsumer, subjectToken } from '@millrace/contracts';
import type { Consumption } from '@millrace/bus';
import { announceModel, runStage } from '@millrace/stage';
import { onRequestScrubbed, type InferenceContext } from './on-request-scrubbed.ts';
import type { ServedModel } from './served-model.ts';
import type { InferenceOptions } from './service.ts';
import { createSuspects } from './suspects.ts';
import { createWaitingRoom } from './waiting-room.ts';
import type { WaitingRoomMetrics } from './waiting-room-metrics.ts';

/**
 * A delivery is no attempt when it goes to a worker that is stopped, or dies of another request. So what decides is the attempts
 * that got nowhere; the broker's own count is only the last resort.
 */
const deliveriesPerAttempt = 10;

/** Consumes the requests of one model, and tells the gateways that it is there. */
export async function serveModel(
  context: Omit<InferenceContext, 'model' | 'ackWaitMs' | 'suspects' | 'waitingRoom' | 'maxAttempts'> & {
    readonly waitingRooms: WaitingRoomMetrics;
  },
  model: ServedModel,
  { ackWaitMs, maxDeliveries, maxWaiting, tenantWeights }: InferenceOptions,
): Promise<Consumption> {
  const waitingRoom = createWaitingRoom({
    places: model.concurrency,
    weightOf: (tenant) => tenantWeights.get(tenant) ?? 1,
  });
  context.waitingRooms.watch(model.name, waitingRoom);
  context.answerCache.keepOnly({ model: model.name, modelVersion: model.version });
  const consumption = await runStage(
    context,
    {
      stage: 'inference',
      consumer: inferenceConsumer(subjectToken(model.name), ackWaitMs),
      eventName: 'request.scrubbed',
      model: model.name,
      concurrency: model.concurrency + maxWaiting,
      maxDeliveries: maxDeliveries * deliveriesPerAttempt,
    },
    onRequestScrubbed({
      ...context,
      model,
      ackWaitMs,
      suspects: createSuspects(),
      waitingRoom,
      maxAttempts: maxDeliveries,
    }),
  );
  await announceModel(context, {
    name: model.name,
    version: model.version,
    context_length: model.contextLength,
    is_default: model.isDefault,
    at: context.clock.now(),
    operations: [...model.operations],
    aliases: [...(model.aliases ?? [])],
    provider: null,
  });
  return consumption;
}
