import { inferenceConsumer, subjectToken } from '@millrace/contracts';
import type { Stoppable } from '@millrace/runtime';
import {
  announceModel,
  runStage,
  watchCancellations,
  type Service,
  type StageDependencies,
} from '@millrace/stage';
import type { ProvidersSettings } from './config.ts';
import { onRequestScrubbed } from './on-request-scrubbed.ts';
import type { Provider } from './provider.ts';
import { createUpstream } from './upstream.ts';

/** Consumes request.scrubbed of the models of providers, emits result chunks and request.closed. Wiring alone. */
export async function startProviders(
  dependencies: StageDependencies,
  providers: readonly Provider[],
  { ackWaitMs, maxDeliveries }: Omit<ProvidersSettings, 'providersFile'>,
): Promise<Service> {
  const { bus, clock, logger, metrics } = dependencies;
  const breakers = metrics.gauge({
    name: 'millrace_provider_breaker_open',
    help: '1 while no calls are made to a provider because it has failed too often.',
    labelNames: ['provider'],
  });
  const cancellations = await watchCancellations(dependencies);
  const parts: Stoppable[] = [];
  const consumptions: Stoppable[] = [];
  for (const provider of providers) {
    breakers.set({ provider: provider.name }, 0);
    const upstream = createUpstream(provider, {
      clock,
      jitter: Math.random,
      onBreaker(state) {
        breakers.set({ provider: provider.name }, state === 'open' ? 1 : 0);
        logger.warn({ provider: provider.name, state }, 'the breaker of a provider changed');
      },
    });
    parts.push(upstream);
    for (const model of provider.models) {
      const context = { ...dependencies, provider, model, upstream, cancellations, ackWaitMs };
      consumptions.push(
        await runStage(
          context,
          {
            stage: 'providers',
            consumer: inferenceConsumer(subjectToken(model.name), ackWaitMs),
            eventName: 'request.scrubbed',
            model: model.name,
            concurrency: provider.maxConcurrency,
            maxDeliveries,
          },
          onRequestScrubbed(context),
        ),
      );
      await announceModel(dependencies, {
        name: model.name,
        version: model.upstream,
        context_length: model.contextLength,
        is_default: false,
        at: clock.now(),
        operations: [...model.operations],
        aliases: [...model.aliases],
        provider: provider.name,
      });
    }
  }
  return {
    ready: () => (bus.connected ? undefined : 'not connected to NATS'),
    async stop() {
      await Promise.all(consumptions.map((consumption) => consumption.stop()));
      await Promise.all(parts.map((part) => part.stop()));
      await cancellations.stop();
    },
  };
}
