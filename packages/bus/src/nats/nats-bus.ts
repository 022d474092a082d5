import {
  MillraceError,
  systemClock,
  systemRandom,
  type Clock,
  type Logger,
  type RandomSource,
  type Stoppable,
} from '@millrace/runtime';
import type { Bus } from '../port.ts';
import { requireNatsServerVersion } from '../nats-server/server-version.ts';
import { createBucket } from './bucket.ts';
import { openConnection, type ConnectOptions } from './connection.ts';
import { consumeBatches } from './consume-batches.ts';
import { consume } from './consume.ts';
import { request, respond, subscribe } from './core-messaging.ts';
import { createJetStreamApi } from './jetstream-api.ts';
import { checkProvision, provision } from './provisioning.ts';
import { createPublisher } from './publisher.ts';
import { createReplyInbox } from './reply-inbox.ts';
import { toMillraceError } from './server-errors.ts';
import { createStoredMessages } from './stored-messages.ts';

export interface NatsBusOptions extends ConnectOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** Copies of each stream in a cluster: 1 by default. */
  readonly replicas?: number;
}

interface StreamInfo {
  readonly state: {
    readonly messages: number;
    readonly bytes: number;
    readonly last_seq: number;
    readonly first_ts: string;
    readonly subjects?: Readonly<Record<string, number>>;
  };
  /** Of the subjects: how many there are, more than one answer holds. */
  readonly total?: number;
}

/**
 * Connects to NATS JetStream. Once connected it reconnects for ever.
 * @throws MillraceError unavailable, config_invalid, nats_server_too_old
 */
export async function connectNats(options: NatsBusOptions): Promise<Bus> {
  const { logger, clock = systemClock, random = systemRandom, replicas = 1 } = options;
  const connection = await openConnection(options, clock, logger);
  try {
    requireNatsServerVersion(connection.serverVersion, connection.address);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const closing = new AbortController();
  const inbox = createReplyInbox(connection, clock);
  const api = createJetStreamApi(connection, inbox, clock);
  const stored = createStoredMessages(connection, inbox, api, clock);
  const publish = createPublisher(connection, inbox, stored, clock, closing.signal);
  const dependencies = { connection, api, logger, clock, random, stored };

  const parts = new Set<Stoppable>();
  const publishing = new Set<Promise<unknown>>();
  /** Remembers a part until it is stopped, so that the bus can stop it. */
  const track = <Part extends Stoppable>(part: Part): Part => {
    const stopPart = part.stop.bind(part);
    part.stop = async () => {
      parts.delete(part);
      await stopPart();
    };
    parts.add(part);
    return part;
  };

  const stop = async (): Promise<void> => {
    await Promise.all([...parts].map((part) => part.stop()));
    const reason = new MillraceError('unavailable', 'The bus is stopping');
    const listener = connection.onChange((connected) => {
      if (!connected) closing.abort(reason);
    });
    if (!connection.connected) closing.abort(reason);
    await Promise.allSettled(publishing);
    await listener.stop();
    closing.abort(reason);
    try {
      await connection.flush();
    } catch (error) {
      logger.warn({ error }, 'the last messages may not have reached nats-server');
    }
    await connection.close();
  };
  let stopped: Promise<void> | undefined;

  return {
    provision: (streams, buckets) => provision(connection, api, streams, buckets, replicas, logger),
    checkProvision: (streams, buckets) => checkProvision(connection, api, streams, buckets, replicas, clock),
    publish(message, publishOptions) {
      const promise = publish(message, publishOptions);
      publishing.add(promise);
      const forget = (): void => {
        publishing.delete(promise);
      };
      promise.then(forget, forget);
      return promise;
    },
    publishCore: ({ subject, payload }) => connection.publish(subject, payload),
    request: (subject, payload, requestOptions) =>
      request(connection, inbox, clock, subject, payload, requestOptions),
    async respond(subject, queue, handler) {
      const responder = respond(connection, logger, subject, queue, handler);
      await connection.flush();
      return track(responder);
    },
    async subscribe(subject, handler) {
      const subscription = subscribe(connection, subject, handler);
      // From here on nothing is missed.
      await connection.flush();
      return track(subscription);
    },
    consume: async (consumer, consumeOptions, handler) =>
      track(await consume(dependencies, consumer, consumeOptions, handler)),
    consumeBatches: async (consumer, consumeOptions, handler) =>
      track(await consumeBatches(dependencies, consumer, consumeOptions, handler)),
    lastMessage: (stream, subject) => stored.last(stream, subject),
    read: (stream, subject, readOptions) => stored.read(stream, subject, readOptions),
    bucket: (name) => createBucket({ ...dependencies, publish, track }, name),
    async purge(stream, subject) {
      const answer = await api.ask<{ readonly purged: number }>(`STREAM.PURGE.${stream}`, {
        filter: subject,
      });
      if (!answer.ok) throw toMillraceError(answer.failure, `Removing ${subject} from ${stream}`);
      return answer.value.purged;
    },
    async streamState(stream) {
      const answer = await api.ask<StreamInfo>(`STREAM.INFO.${stream}`, undefined);
      if (!answer.ok) throw toMillraceError(answer.failure, `Reading the state of ${stream}`);
      const { messages, bytes, last_seq: lastSequence, first_ts: firstAt } = answer.value.state;
      return { messages, bytes, lastSequence, oldestAt: messages === 0 ? undefined : Date.parse(firstAt) };
    },
    async subjectsOf(stream, filter) {
      const counts = new Map<string, number>();
      for (;;) {
        const answer = await api.ask<StreamInfo>(`STREAM.INFO.${stream}`, {
          subjects_filter: filter,
          offset: counts.size,
        });
        if (!answer.ok) throw toMillraceError(answer.failure, `Reading the subjects of ${stream}`);
        const { state, total = 0 } = answer.value;
        const page = Object.entries(state.subjects ?? {});
        for (const [subject, count] of page) counts.set(subject, count);
        if (page.length === 0 || counts.size >= total) return counts;
      }
    },
    get connected() {
      return connection.connected;
    },
    onConnectionChange: (listener) => connection.onChange(listener),
    stop: () => (stopped ??= stop()),
  };
}
