import type { Metrics } from '@millrace/runtime';

export interface RelayMetrics {
  accepted(transport: string): void;
  rejected(transport: string, code: string): void;
  followers(change: 1 | -1): void;
  firstChunk(transport: string, seconds: number): void;
  /** The stream was read since live records were missed, or their reader was too slow. */
  gapRead(): void;
}

export function createRelayMetrics(metrics: Metrics): RelayMetrics {
  const accepted = metrics.counter({
    name: 'millrace_gateway_accepted_total',
    help: 'Requests that were stored.',
    labelNames: ['transport'],
  });
  const rejected = metrics.counter({
    name: 'millrace_gateway_rejected_total',
    help: 'Requests that were refused before they were stored, by code.',
    labelNames: ['transport', 'code'],
  });
  const followers = metrics.gauge({
    name: 'millrace_gateway_followers',
    help: 'Answers that are being sent.',
  });
  const firstChunk = metrics.histogram({
    name: 'millrace_gateway_time_to_first_chunk_seconds',
    help: 'From acceptance to the first piece of the answer that is ready to be sent.',
    labelNames: ['transport'],
  });
  const gapReads = metrics.counter({
    name: 'millrace_gateway_gap_reads_total',
    help: 'Looks into the stream of results to make up for missed records.',
  });
  return {
    accepted: (transport) => accepted.inc({ transport }),
    rejected: (transport, code) => rejected.inc({ transport, code }),
    followers: (change) => followers.inc(change),
    firstChunk: (transport, seconds) => firstChunk.observe({ transport }, seconds),
    gapRead: () => gapReads.inc(),
  };
}
