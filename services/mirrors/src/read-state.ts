import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { MillraceError } from '@millrace/runtime';

/** What the state topic has of a mirror, by key. */
export type MirrorState = Map<string, Buffer>;

export interface StatePlace {
  readonly topic: string;
  readonly partition: number;
}

export interface StateMark {
  readonly key: string;
  readonly value: string;
}

const limitMs = 60_000;

/**
 * Reads a partition of the state topic from its beginning up to the mark, which the caller has just committed: behind it there is nothing
 * that counts. Read committed. The group is there for this reading alone, since kafkajs cannot read without one.
 *
 * @throws `unavailable`, the signal's reason
 */
export async function readState(
  kafka: Kafka,
  { topic, partition }: StatePlace,
  mark: StateMark,
  signal: AbortSignal,
): Promise<MirrorState> {
  const state: MirrorState = new Map();
  /** The group may begin anew until it is left: nothing of that counts. */
  let isThrough = false;
  const through = Promise.withResolvers<void>();
  // Handled below, but not while the group is still joined.
  through.promise.catch(() => undefined);
  const fail = (message: string, cause?: unknown): void =>
    through.reject(new MillraceError('unavailable', `Reading ${topic}: ${message}`, { cause }));
  const consumer = kafka.consumer({
    groupId: `millrace-mirrors-state-${randomUUID()}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 50,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error.message, payload.error));
  const onAbort = (): void => through.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  const limit = setTimeout(() => fail(`not through within ${limitMs} ms`), limitMs);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      async eachBatch({ batch }) {
        if (batch.partition !== partition) return;
        for (const { key, value } of batch.messages) {
          if (isThrough) return;
          const name = key?.toString() ?? '';
          if (name === mark.key) {
            isThrough = value?.toString() === mark.value;
            if (isThrough) through.resolve();
          } else if (value === null) state.delete(name);
          else state.set(name, value);
        }
      },
    });
    await through.promise;
    return state;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', onAbort);
    await consumer.disconnect();
  }
}
