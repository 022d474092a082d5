import type { Clock, Metrics } from '@millrace/runtime';

/** How far a mirror is behind its stream, as its owner knows it. */
export interface Lag {
  readonly messages: number;
  /** When the oldest message that waits was stored, in milliseconds since the epoch; undefined where none waits. */
  readonly waitingSince: number | undefined;
}

/** What is measured of each mirror. */
export interface MirrorMetrics {
  committed(mirror: string, records: number): void;
  failed(mirror: string): void;
  missed(mirror: string, messages: number): void;
  refused(mirror: string): void;
  /** @param isOwner whether this process runs the mirror now */
  owned(mirror: string, isOwner: boolean): void;
  /** @param lag undefined where this process does not know it */
  behind(mirror: string, lag: Lag | undefined): void;
}

export function createMirrorMetrics(metrics: Metrics, clock: Clock): MirrorMetrics {
  const labelNames = ['mirror'] as const;
  const records = metrics.counter({
    name: 'millrace_mirror_records_total',
    help: 'Records that a mirror has written to Kafka, in transactions that were committed.',
    labelNames,
  });
  const transactions = metrics.counter({
    name: 'millrace_mirror_transactions_total',
    help: 'Transactions of a mirror: committed, or failed, after which it begins again from its state.',
    labelNames: ['mirror', 'outcome'],
  });
  const missed = metrics.counter({
    name: 'millrace_mirror_missed_total',
    help: 'Messages that were no longer in the stream when the mirror came to them. Anything but 0 is an alarm.',
    labelNames,
  });
  const refused = metrics.counter({
    name: 'millrace_mirror_refused_total',
    help: 'Messages that could not be mirrored, since they are damaged or the broker does not take their size. Anything but 0 is an alarm.',
    labelNames,
  });
  const owner = metrics.gauge({
    name: 'millrace_mirror_owner',
    help: 'Whether this process runs the mirror: 1 in one of the replicas.',
    labelNames,
  });
  const lags = new Map<string, Lag>();
  metrics.gauge({
    name: 'millrace_mirror_lag_messages',
    help: 'Messages of the stream that are not in Kafka yet.',
    labelNames,
    collect(gauge) {
      gauge.reset();
      for (const [mirror, { messages }] of lags) gauge.set({ mirror }, messages);
    },
  });
  metrics.gauge({
    name: 'millrace_mirror_lag_seconds',
    help: 'Age of the oldest message that is not in Kafka yet; 0 where all are.',
    labelNames,
    collect(gauge) {
      gauge.reset();
      for (const [mirror, { waitingSince }] of lags)
        gauge.set({ mirror }, waitingSince === undefined ? 0 : (clock.now() - waitingSince) / 1_000);
    },
  });
  return {
    committed(mirror, count) {
      records.inc({ mirror }, count);
      transactions.inc({ mirror, outcome: 'committed' });
    },
    failed: (mirror) => transactions.inc({ mirror, outcome: 'failed' }),
    missed: (mirror, messages) => missed.inc({ mirror }, messages),
    refused: (mirror) => refused.inc({ mirror }),
    owned(mirror, isOwner) {
      owner.set({ mirror }, isOwner ? 1 : 0);
      // An increase from nothing is none.
      missed.inc({ mirror }, 0);
      refused.inc({ mirror }, 0);
    },
    behind(mirror, lag) {
      if (lag === undefined) lags.delete(mirror);
      else lags.set(mirror, lag);
    },
  };
}
