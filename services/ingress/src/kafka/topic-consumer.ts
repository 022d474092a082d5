import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { Logger, Stoppable } from '@millrace/runtime';
import type { KafkaSourceSettings } from './kafka-source-settings.ts';

export interface TopicConsumerOptions {
  readonly kafka: Kafka;
  readonly logger: Logger;
  readonly settings: Pick<KafkaSourceSettings, 'kafkaGroup' | 'kafkaSessionTimeoutMs'>;
  readonly topics: readonly string[];
  readonly eachBatch: (payload: EachBatchPayload) => Promise<void>;
  /** Called when it has become a member of the group, also again. */
  readonly onJoined: () => void;
  /** Called once when it has ended by itself: it takes another one to go on. */
  readonly onEnded: (error: Error) => void;
}

const fetchWaitMs = 500;
const heartbeatMs = 3_000;
const partitionsAtOnce = 4;
const stopLimitMs = 10_000;

/** A member of the consumer group, for a fixed list of topics. @throws when no broker can be reached */
export async function startTopicConsumer(options: TopicConsumerOptions): Promise<Stoppable> {
  const { kafka, logger, settings, topics } = options;
  const consumer = kafka.consumer({
    groupId: settings.kafkaGroup,
    sessionTimeout: settings.kafkaSessionTimeoutMs,
    heartbeatInterval: Math.min(heartbeatMs, settings.kafkaSessionTimeoutMs / 3),
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
    // It would go on with the list of brokers that it had; a new one asks anew.
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
  });
  let isStopping = false;
  let hasEnded = false;
  const ended = (error: Error): void => {
    if (isStopping || hasEnded) return;
    hasEnded = true;
    options.onEnded(error);
  };
  consumer.on(consumer.events.GROUP_JOIN, options.onJoined);
  consumer.on(consumer.events.CRASH, ({ payload }) => ended(payload.error));
  const stop = async (): Promise<void> => {
    isStopping = true;
    await within(stopLimitMs, disconnect(consumer, logger), logger);
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: options.eachBatch,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function disconnect(consumer: Consumer, logger: Logger): Promise<void> {
  try {
    await consumer.disconnect();
  } catch (error) {
    // The broker drops a member that says nothing; whoever comes next takes over then.
    logger.warn({ error }, 'the consumer group could not be left in good order');
  }
}

/** The client waits half a minute for a broker that does not answer; who stops does not. */
async function within(limitMs: number, work: Promise<void>, logger: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    logger.warn('the consumer group could not be left in time');
    resolve();
  }, limitMs);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
