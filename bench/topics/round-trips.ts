import { once, EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { percentile } from '../pipeline/percentile.ts';

export interface RoundTrips {
  readonly 'requests/s': number;
  readonly 'p50 ms': number;
  readonly 'p99 ms': number;
  /** At a steady rate below what it can do. */
  readonly 'paced p50 ms': number;
  readonly 'paced p99 ms': number;
}

/** Requests that are on their way at once at full load. */
const window = 256;
const largestSend = 64;
/** A request each so many milliseconds. */
const pacedEveryMs = 20;

/** Sends requests to a topic and waits for the answer to each, by its key, in another one. */
export async function measureRoundTrips(
  kafka: Kafka,
  topics: { readonly requests: string; readonly answers: string },
  count: number,
): Promise<RoundTrips> {
  const sentAt = new Map<string, number>();
  const arrivals = new EventEmitter();
  let latencies: number[] = [];
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 50 });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.answers], fromBeginning: true });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch }) {
      for (const { key } of batch.messages) {
        const id = key?.toString() ?? '';
        const since = sentAt.get(id);
        if (since === undefined) continue;
        sentAt.delete(id);
        latencies.push(performance.now() - since);
      }
      arrivals.emit('some');
    },
  });
  await joined;
  let made = 0;
  const send = async (size: number): Promise<void> => {
    const messages = Array.from({ length: size }, () => ({
      key: `r${(made += 1)}`,
      value: JSON.stringify({ input: 'Hello', parameters: { max_tokens: 8 } }),
    }));
    for (const { key } of messages) sentAt.set(key, performance.now());
    await producer.send({ topic: topics.requests, messages });
  };
  const load = async (total: number): Promise<void> => {
    for (let sent = 0; sent < total;) {
      const room = Math.min(window - sentAt.size, total - sent, largestSend);
      if (room > 0) {
        await send(room);
        sent += room;
      } else {
        await once(arrivals, 'some');
      }
    }
    while (sentAt.size > 0) await once(arrivals, 'some');
  };
  try {
    await load(Math.min(500, count / 4));
    latencies = [];
    const start = performance.now();
    await load(count);
    const seconds = (performance.now() - start) / 1_000;
    const full = latencies;
    latencies = [];
    const paced = Math.max(50, Math.round(count / 10));
    const sends: Promise<void>[] = [];
    for (let index = 0; index < paced; index += 1) {
      sends.push(send(1));
      await new Promise((resolve) => {
        setTimeout(resolve, pacedEveryMs);
      });
    }
    await Promise.all(sends);
    while (sentAt.size > 0) await once(arrivals, 'some');
    return {
      'requests/s': Math.round(count / seconds),
      'p50 ms': round(percentile(full, 0.5)),
      'p99 ms': round(percentile(full, 0.99)),
      'paced p50 ms': round(percentile(latencies, 0.5)),
      'paced p99 ms': round(percentile(latencies, 0.99)),
    };
  } finally {
    await consumer.disconnect();
    await producer.disconnect();
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
