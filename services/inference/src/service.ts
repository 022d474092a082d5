import { createAnswerCache, type AnswerCacheOptions } from '@millrace/answer-cache';
import { systemRandom, type RandomSource, type Stoppable } from '@millrace/runtime';
import { watchCancellations, type Service, type StageDependencies } from '@millrace/stage';
import { serveChatModel } from './chat-model.ts';
import { describeWorker, type Worker } from './describe-worker.ts';
import type { EmbeddingModel } from './embedding/embedding-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { createInferenceMetrics } from './metrics.ts';
import { onWorkerAsked } from './on-worker-asked.ts';
import { readinessProblem } from './readiness.ts';
import { serveModel } from './serve-model.ts';
import { createWaitingRoomMetrics } from './waiting-room-metrics.ts';

export interface InferenceOptions {
  readonly ackWaitMs: number;
  readonly maxDeliveries: number;
  /** Requests that a worker takes of each model beyond those that it works on, to choose among them. */
  readonly maxWaiting: number;
  /** Shares of tenants in relation to others, which have 1; above 0. */
  readonly tenantWeights: ReadonlyMap<string, number>;
  /** Most memory for answers that may be given again; 0 for none. */
  readonly answerCacheBytes: number;
  readonly answerCacheKeepMs: number;
  /** Tenants that have a semantic cache, with the smallest cosine of each. */
  readonly semanticThresholds: AnswerCacheOptions['semanticThresholds'];
}

export interface LoadedModels {
  readonly chat: LoadedModel;
  /** Undefined where there is none on this machine. */
  readonly embedding: EmbeddingModel | undefined;
}

/** Consumes request.scrubbed of the models, emits result chunks and request.closed. Wiring alone. */
export async function startInference(
  dependencies: StageDependencies,
  { chat, embedding }: LoadedModels,
  options: InferenceOptions,
): Promise<Service> {
  const { bus, clock } = dependencies;
  const cancellations = await watchCancellations(dependencies);
  const engineMetrics = createInferenceMetrics(dependencies.metrics, chat.engine);
  const waitingRooms = createWaitingRoomMetrics(dependencies.metrics);
  const answerCache = createAnswerCache({
    ...dependencies,
    maxBytes: options.answerCacheBytes,
    keepMs: options.answerCacheKeepMs,
    semanticThresholds: options.semanticThresholds,
    embed: embedding?.embedText,
    onEmbeddingFailed: (error) =>
      dependencies.logger.warn({ error }, 'a text could not be embedded for the cache'),
  });
  const forgetting = dependencies.sealing.onErased(({ tenant }) => answerCache.forget(tenant));
  const context = { ...dependencies, cancellations, engineMetrics, waitingRooms, answerCache };
  const consumptions: Stoppable[] = [];
  // Whoever waits for the chat model finds the other one there as well.
  const models = [embedding, serveChatModel(chat)].filter((model) => model !== undefined);
  for (const model of models) consumptions.push(await serveModel(context, model, options));
  const ready = () => readinessProblem(bus, chat.engine, clock.now());
  const worker: Worker = {
    name: newWorkerName(),
    startedAt: clock.now(),
    executionProvider: chat.executionProvider,
    engine: chat.engine,
    models,
  };
  const answering = await onWorkerAsked(dependencies, () =>
    describeWorker(worker, {
      at: clock.now(),
      problem: ready(),
      residentBytes: process.memoryUsage.rss(),
    }),
  );
  return {
    ready,
    async stop() {
      await answering.stop();
      await Promise.all(consumptions.map((consumption) => consumption.stop()));
      await forgetting.stop();
      await answerCache.stop();
      await cancellations.stop();
      await Promise.all([chat.close(), embedding?.close()]);
    },
  };
}

function newWorkerName(random: RandomSource = systemRandom): string {
  return `w-${Buffer.from(random.bytes(8)).toString('hex')}`;
}
