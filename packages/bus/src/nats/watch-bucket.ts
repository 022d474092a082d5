import type { Msg } from 'nats';
import type { Clock, Logger, Stoppable } from '@millrace/runtime';
import type { BucketEntry } from '../port.ts';
import type { Connection } from './connection.ts';
import { deliveryFacts } from './delivery.ts';
import { headersOf, isMarker } from './headers.ts';
import type { JetStreamApi } from './jetstream-api.ts';
import { toNanoseconds } from './nanoseconds.ts';
import { startPullLoop } from './pull-loop.ts';
import { toMillraceError } from './server-errors.ts';
import { bucketStreamName, bucketSubject } from './stream-config.ts';

export interface WatchDependencies {
  readonly connection: Connection;
  readonly api: JetStreamApi;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type WatchListener = (
  entry: BucketEntry | { readonly key: string; readonly value: undefined },
) => void;

const openMessages = 512;
const idleConsumerMs = 60_000;

/**
 * Follows the last value of each key that matches. The consumer is a passing one: after each reconnection there is a new one that
 * begins with the present values, and what has not changed since is not told again, while keys that are gone are.
 */
export async function watchBucket(
  { connection, api, logger, clock }: WatchDependencies,
  bucket: string,
  filter: string,
  listener: WatchListener,
): Promise<Stoppable> {
  const stream = bucketStreamName(bucket);
  const prefixLength = bucketSubject(bucket, '').length;
  /** Sequence of the last told value of each present key. */
  const told = new Map<string, number>();
  /** Keys of the replay that is under way; undefined once it is through. */
  let replayed: Set<string> | undefined = new Set();
  let nextSequence = 1;
  const through = Promise.withResolvers<void>();

  const endReplay = (): void => {
    if (replayed === undefined) return;
    for (const key of told.keys()) if (!replayed.has(key)) tellGone(key);
    replayed = undefined;
    through.resolve();
  };

  /** One value that the listener cannot take does not keep the others from it. */
  const tell: WatchListener = (entry) => {
    try {
      listener(entry);
    } catch (error) {
      logger.error({ error, bucket, key: entry.key }, 'a value of a bucket could not be taken in');
    }
  };

  const tellGone = (key: string): void => {
    if (told.delete(key)) tell({ key, value: undefined });
  };

  const take = (message: Msg): void => {
    const facts = deliveryFacts(message.reply ?? '');
    if (facts.consumerSequence !== nextSequence) {
      loop.restart();
      return;
    }
    nextSequence++;
    const key = message.subject.slice(prefixLength);
    if (isMarker(headersOf(message))) {
      replayed?.delete(key);
      tellGone(key);
    } else {
      replayed?.add(key);
      if (told.get(key) !== facts.sequence) {
        told.set(key, facts.sequence);
        tell({ key, value: message.data });
      }
    }
    if (facts.pending === 0) endReplay();
    loop.pump();
  };

  const loop = await startPullLoop({
    connection,
    stream,
    logger,
    clock,
    async prepareConsumer(signal) {
      const answer = await api.ask<{ name: string; num_pending: number }>(
        `CONSUMER.CREATE.${stream}`,
        {
          stream_name: stream,
          config: {
            filter_subject: bucketSubject(bucket, filter),
            deliver_policy: 'last_per_subject',
            ack_policy: 'none',
            replay_policy: 'instant',
            mem_storage: true,
            num_replicas: 1,
            inactive_threshold: toNanoseconds(idleConsumerMs),
          },
        },
        { signal },
      );
      if (!answer.ok) throw toMillraceError(answer.failure, `Watching bucket ${bucket}`);
      nextSequence = 1;
      replayed = new Set();
      if (answer.value.num_pending === 0) endReplay();
      return answer.value.name;
    },
    capacity: () => openMessages,
    onMessage: take,
  });
  await through.promise;
  return loop;
}
