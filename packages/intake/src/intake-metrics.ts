import type { Metrics } from '@millrace/runtime';

/** How a message left its queue. */
export type IntakeOutcome = 'answered' | 'failed' | 'rejected' | 'expired';

export interface IntakeMetrics {
  taken(transport: string): void;
  left(transport: string, outcome: IntakeOutcome, secondsSince: number): void;
  postponed(code: string): void;
  inFlight(change: 1 | -1): void;
  /** @param oldestSeconds age of the oldest request that waits or is being answered; 0 where there is none */
  waiting(messages: number, oldestSeconds: number, queues: number): void;
}

export function createIntakeMetrics(metrics: Metrics): IntakeMetrics {
  const taken = metrics.counter({
    name: 'millrace_intake_taken_total',
    help: 'Messages of queues and topics that were taken out, by where they came from; one that comes again counts again.',
    labelNames: ['transport'],
  });
  const left = metrics.counter({
    name: 'millrace_intake_ended_total',
    help: 'Messages of queues and topics that are done with: answered, failed, rejected as no request, or expired.',
    labelNames: ['transport', 'outcome'],
  });
  const seconds = metrics.histogram({
    name: 'millrace_intake_duration_seconds',
    help: 'From when the queue or topic had a request to the end of its answer.',
    labelNames: ['outcome'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600],
  });
  const postponed = metrics.counter({
    name: 'millrace_intake_postponed_total',
    help: 'Requests that went back into their queue since they cannot be admitted or answered now, by code.',
    labelNames: ['code'],
  });
  const inFlight = metrics.gauge({
    name: 'millrace_intake_in_flight',
    help: 'Requests of queues and topics that this process has out to be answered.',
  });
  const messages = metrics.gauge({
    name: 'millrace_intake_waiting',
    help: 'Requests in all queues, those that are being answered included.',
  });
  const oldest = metrics.gauge({
    name: 'millrace_intake_oldest_seconds',
    help: 'Age of the oldest request in any queue; 0 where there is none.',
  });
  const queues = metrics.gauge({
    name: 'millrace_intake_queues',
    help: 'Queues, and lanes of queues, that this process looks after.',
  });
  return {
    taken: (transport) => taken.inc({ transport }),
    left(transport, outcome, secondsSince) {
      left.inc({ transport, outcome });
      seconds.observe({ outcome }, Math.max(0, secondsSince));
    },
    postponed: (code) => postponed.inc({ code }),
    inFlight: (change) => inFlight.inc(change),
    waiting(count, oldestSeconds, served) {
      messages.set(count);
      oldest.set(Math.max(0, oldestSeconds));
      queues.set(served);
    },
  };
}
