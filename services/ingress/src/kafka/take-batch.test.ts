import type { OutgoingMessage } from '@millrace/bus';
import { createCodec } from '@millrace/contracts';
import { topicsOf } from '@millrace/kafka';
import { createLogger, createMetrics, ManualClock, MillraceError } from '@millrace/runtime';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { createKafkaSourceMetrics } from './kafka-source-metrics.ts';
import { createPausedPartitions } from './paused-partitions.ts';
import { takeBatch, type BadRecord } from './take-batch.ts';
import { createTranscoder } from './transcode-record.ts';

const clock = new ManualClock();
const logger = createLogger({ service: 'test', level: 'silent' });

interface Scene {
  readonly orderedByKey?: boolean;
  readonly records: readonly (readonly [key: string, value: string])[];
  /** Offsets of records that INTAKE does not take. */
  readonly refused?: readonly number[];
}

interface Outcome {
  readonly published: readonly string[];
  readonly bad: readonly string[];
  readonly committed: readonly string[];
  readonly resolved: readonly string[];
  readonly paused: boolean;
}

async function take({ orderedByKey = false, records, refused = [] }: Scene): Promise<Outcome> {
  const published: string[] = [];
  const bad: string[] = [];
  const committed: string[] = [];
  const resolved: string[] = [];
  let paused = false;
  const messages: KafkaMessage[] = records.map(([key, value], offset) => ({
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: {},
    offset: String(offset),
    timestamp: '0',
    attributes: 0,
  }));
  const entry = { pattern: 't', tenant: 'acme', queue: 'work', format: 'json', orderedByKey } as const;
  const topics = topicsOf([entry], 'topics.json');
  const metrics = createKafkaSourceMetrics(createMetrics());
  const paths = createPausedPartitions(clock, logger, metrics);
  const payload = {
    batch: {
      topic: 't',
      partition: 0,
      messages,
      highWatermark: '0',
      isEmpty: () => false,
      firstOffset: () => '0',
      // Behind the records there is the mark of a transaction.
      lastOffset: () => String(messages.length),
      offsetLag: () => '0',
      offsetLagLow: () => '0',
    },
    resolveOffset: (offset: string) => void resolved.push(offset),
    heartbeat: async () => undefined,
    pause: () => {
      paused = true;
      return () => undefined;
    },
    commitOffsetsIfNecessary: async (offsets) =>
      void committed.push(offsets?.topics[0]?.partitions[0]?.offset ?? ''),
    uncommittedOffsets: () => ({ topics: [] }),
    isRunning: () => true,
    isStale: () => false,
  } satisfies EachBatchPayload;
  await takeBatch(
    {
      bus: {
        async publish(message: OutgoingMessage) {
          const offset = message.headers?.['Millrace-Source-Offset'] ?? '';
          if (refused.includes(Number(offset))) throw new MillraceError('overloaded', 'The stream is full');
          published.push(offset);
          return { stream: 'INTAKE', sequence: 1, duplicate: false };
        },
      },
      logger,
      metrics,
      transcoder: createTranscoder(createCodec(), undefined),
      cluster: 'c',
      topicOf: (topic) => topics.requestTopic(topic),
      putAside: async ({ record }: BadRecord) => void bad.push(record.offset),
      paused: paths,
      signal: new AbortController().signal,
    },
    payload,
  );
  await paths.stop();
  return { published, bad, committed, resolved, paused };
}

const good = '{"input":"x"}';

describe('the records of a partition', () => {
  it('are committed once all are stored, marks of transactions behind them included', async () => {
    expect(
      await take({
        records: [
          ['a', good],
          ['b', good],
          ['c', good],
        ],
      }),
    ).toMatchObject({
      published: ['0', '1', '2'],
      committed: ['4'],
      resolved: ['2'],
      paused: false,
    });
  });

  it('that are bad are put aside, and passed over', async () => {
    expect(
      await take({
        records: [
          ['a', '{'],
          ['b', good],
        ],
      }),
    ).toMatchObject({
      published: ['1'],
      bad: ['0'],
      committed: ['3'],
    });
  });

  it('are committed up to the first that is not stored, and the partition waits', async () => {
    expect(
      await take({
        records: [
          ['a', good],
          ['b', good],
          ['c', good],
        ],
        refused: [1],
      }),
    ).toMatchObject({ published: ['0', '2'], committed: ['1'], resolved: ['0'], paused: true });
    expect(await take({ records: [['a', good]], refused: [0] })).toMatchObject({
      committed: [],
      resolved: [],
      paused: true,
    });
  });

  it('of one key are not stored behind one that is not, where there is an order', async () => {
    const records = [
      ['a', good],
      ['a', good],
      ['b', good],
      ['a', good],
    ] as const;
    expect(await take({ records, refused: [1], orderedByKey: true })).toMatchObject({
      published: ['0', '2'],
      committed: ['1'],
    });
  });
});
