import type { KafkaMessage } from 'kafkajs';

/** Where a record is: its offset in a partition never means another one, as long as its topic is not made anew. */
export interface RecordPlace {
  readonly cluster: string;
  readonly topic: string;
  readonly partition: number;
}

export function placeOf({ cluster, topic, partition }: RecordPlace, record: KafkaMessage): string {
  return `${cluster}/${topic}/${partition}/${record.offset}`;
}

/** When Kafka had the record, or its producer made it, in milliseconds since the epoch; 0 where it says neither. */
export function timeOf(record: KafkaMessage): number {
  return Math.max(0, Number(record.timestamp));
}
