import type { Metrics } from '@millrace/runtime';
import type { RecordPlace } from './record-place.ts';

export interface KafkaSourceMetrics {
  record(place: RecordPlace, outcome: 'taken' | 'rejected'): void;
  lag(place: RecordPlace, records: number): void;
  paused(partitions: number): void;
  connected(isConnected: boolean): void;
}

export function createKafkaSourceMetrics(metrics: Metrics): KafkaSourceMetrics {
  const records = metrics.counter({
    name: 'millrace_kafka_records_total',
    help: 'Records read from topics of requests, by what became of them: taken into INTAKE, or rejected as bad.',
    labelNames: ['topic', 'outcome'],
  });
  const lag = metrics.gauge({
    name: 'millrace_kafka_lag_records',
    help: 'Records of a partition that were not taken yet when it was read last.',
    labelNames: ['topic', 'partition'],
  });
  const paused = metrics.gauge({
    name: 'millrace_kafka_paused_partitions',
    help: 'Partitions that wait since INTAKE is full, or NATS or the schema registry is away.',
  });
  const connected = metrics.gauge({
    name: 'millrace_kafka_connected',
    help: '1 while this process is a member of its consumer group.',
  });
  paused.set(0);
  connected.set(0);
  return {
    record: ({ topic }, outcome) => records.inc({ topic, outcome }),
    lag: ({ topic, partition }, count) => lag.set({ topic, partition: String(partition) }, count),
    paused: (partitions) => paused.set(partitions),
    connected: (isConnected) => connected.set(isConnected ? 1 : 0),
  };
}
