import { consumerDefinitions } from '@millrace/contracts';
import type { TokenClassifier } from '@millrace/pii-detectors/names';
import { stopInReverse, type Stoppable } from '@millrace/runtime';
import {
  runStage,
  watchCancellations,
  watchPiiPolicies,
  type Service,
  type StageDependencies,
} from '@millrace/stage';
import type { PiiSettings } from './config.ts';
import { createCountThread } from './answers/count-thread.ts';
import { consumeClosed } from './consume-closed.ts';
import { onRequestAdmitted } from './on-request-admitted.ts';
import { createPiiMetrics } from './pii-metrics.ts';
import { createScrubber } from './scrubber.ts';

export interface PiiDependencies extends StageDependencies {
  /** A model of names, where one is configured: it is the caller's to stop. */
  readonly classifier?: TokenClassifier | undefined;
}

/** Consumes request.admitted, emits request.scrubbed; consumes request.closed; emits pii.found of both. Wiring alone. */
export async function startPii(dependencies: PiiDependencies, settings: PiiSettings): Promise<Service> {
  const parts: Stoppable[] = [];
  try {
    const scrubber = createScrubber({
      clock: dependencies.clock,
      threads: settings.threads,
      limitMs: settings.checkLimitMs,
      classifier: dependencies.classifier,
    });
    parts.push(scrubber);
    const policies = await watchPiiPolicies(dependencies);
    parts.push(policies);
    const cancellations = await watchCancellations(dependencies);
    parts.push(cancellations);
    const piiMetrics = createPiiMetrics(dependencies.metrics);
    const consumption = await runStage(
      dependencies,
      {
        stage: 'pii',
        consumer: consumerDefinitions(settings.ackWaitMs).scrubbing,
        eventName: 'request.admitted',
        concurrency: settings.concurrency,
        maxDeliveries: settings.maxDeliveries,
      },
      onRequestAdmitted({
        ...dependencies,
        cancellations,
        policies,
        scrubber,
        piiMetrics,
        ackWaitMs: settings.ackWaitMs,
      }),
    );
    parts.push(consumption);
    if (settings.countedAnswers > 0) {
      const counter = createCountThread({ clock: dependencies.clock, limitMs: settings.checkLimitMs });
      parts.push(counter);
      const counting = { ...dependencies, counter, piiMetrics, ackWaitMs: settings.ackWaitMs };
      parts.push(await consumeClosed(counting, settings.countedAnswers));
    }
  } catch (error) {
    await stopInReverse(parts);
    throw error;
  }
  return {
    ready: () => (dependencies.bus.connected ? undefined : 'not connected to NATS'),
    stop: () => stopInReverse(parts),
  };
}
