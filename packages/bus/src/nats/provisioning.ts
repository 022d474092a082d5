import type { BucketDefinition, ConsumerDefinition, StreamDefinition } from '@millrace/contracts';
import type { Clock, Logger } from '@millrace/runtime';
import { requireNatsServerVersion } from '../nats-server/server-version.ts';
import { mismatch, requireEcho } from './compare-echo.ts';
import type { Connection } from './connection.ts';
import type { JetStreamApi } from './jetstream-api.ts';
import { pauseBeforeRetry } from './pause.ts';
import { toNanoseconds } from './nanoseconds.ts';
import { isPassing, serverErrorCode, toMillraceError } from './server-errors.ts';
import { bucketConfig, streamConfig, type StreamConfig } from './stream-config.ts';

interface WithConfig {
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Creates or updates streams and buckets, one after the other.
 * @throws MillraceError nats_server_too_old, stream_mismatch, unavailable
 */
export async function provision(
  connection: Connection,
  api: JetStreamApi,
  streams: readonly StreamDefinition[],
  buckets: readonly BucketDefinition[],
  replicas: number,
  logger: Logger,
): Promise<void> {
  requireNatsServerVersion(connection.serverVersion, connection.address);
  const configs = configsOf(streams, buckets, replicas);
  for (const config of configs) await provisionStream(api, config);
  logger.debug({ streams: configs.map((config) => config.name) }, 'streams are as they should be');
}

const waitMs = 60_000;
const never = new AbortController().signal;

/**
 * Checks what another process creates or updates, and waits for it.
 * @throws MillraceError nats_server_too_old, stream_mismatch, unavailable
 */
export async function checkProvision(
  connection: Connection,
  api: JetStreamApi,
  streams: readonly StreamDefinition[],
  buckets: readonly BucketDefinition[],
  replicas: number,
  clock: Clock,
): Promise<void> {
  requireNatsServerVersion(connection.serverVersion, connection.address);
  const endMs = clock.monotonicMs() + waitMs;
  for (const config of configsOf(streams, buckets, replicas)) {
    for (let attempt = 0; !(await isAsItShouldBe(api, config, clock.monotonicMs() < endMs)); attempt += 1)
      await pauseBeforeRetry(attempt, clock, never);
  }
}

/** @param mayWait whether it is all right that it is not there, or not updated, yet */
async function isAsItShouldBe(api: JetStreamApi, config: StreamConfig, mayWait: boolean): Promise<boolean> {
  const what = `stream ${config.name}`;
  const info = await api.ask<WithConfig>(`STREAM.INFO.${config.name}`, undefined);
  if (!info.ok) {
    if (info.failure.err_code !== serverErrorCode.streamNotFound)
      throw toMillraceError(info.failure, `Looking at ${what}`);
    if (mayWait) return false;
    throw mismatch(what, 'the stream', 'a stream', 'none');
  }
  try {
    requireEcho(what, config, info.value.config);
    return true;
  } catch (error) {
    if (mayWait) return false;
    throw error;
  }
}

function configsOf(
  streams: readonly StreamDefinition[],
  buckets: readonly BucketDefinition[],
  replicas: number,
): readonly StreamConfig[] {
  return [
    ...streams.map((definition) => streamConfig(definition, replicas)),
    ...buckets.map((definition) => bucketConfig(definition, replicas)),
  ];
}

async function provisionStream(api: JetStreamApi, config: StreamConfig): Promise<void> {
  const what = `stream ${config.name}`;
  const created = await api.ask<WithConfig>(`STREAM.CREATE.${config.name}`, config);
  if (created.ok) {
    requireEcho(what, config, created.value.config);
    return;
  }
  if (created.failure.err_code !== serverErrorCode.streamNameInUse)
    throw toMillraceError(created.failure, `Creating ${what}`);

  const updated = await api.ask<WithConfig>(`STREAM.UPDATE.${config.name}`, config);
  if (updated.ok) {
    requireEcho(what, config, updated.value.config);
    return;
  }
  if (isPassing(updated.failure)) throw toMillraceError(updated.failure, `Updating ${what}`);
  const info = await api.ask<WithConfig>(`STREAM.INFO.${config.name}`, undefined);
  if (info.ok) requireEcho(what, config, info.value.config);
  throw mismatch(
    what,
    'the configuration',
    updated.failure.description ?? 'an update',
    'another that cannot be changed',
  );
}

/**
 * Creates or updates a durable pull consumer.
 * @throws MillraceError stream_mismatch, unavailable
 */
export async function provisionConsumer(
  api: JetStreamApi,
  definition: ConsumerDefinition,
  signal: AbortSignal,
): Promise<void> {
  const { stream, durable, filterSubject } = definition;
  const what = `consumer ${durable} of stream ${stream}`;
  const config = {
    durable_name: durable,
    filter_subject: filterSubject,
    deliver_policy: 'all',
    ack_policy: 'explicit',
    ack_wait: toNanoseconds(definition.ackWaitMs),
    // What is delivered too often goes to the dead letters, which the server would not do.
    max_deliver: -1,
    max_ack_pending: definition.maxAckPending,
    max_waiting: 2_048,
    replay_policy: 'instant',
    ...(definition.inactiveMs === undefined
      ? {}
      : { inactive_threshold: toNanoseconds(definition.inactiveMs) }),
  };
  const answer = await api.ask<WithConfig>(
    `CONSUMER.CREATE.${stream}.${durable}.${filterSubject}`,
    { stream_name: stream, config },
    { signal },
  );
  if (answer.ok) {
    requireEcho(what, config, answer.value.config);
    return;
  }
  if (isPassing(answer.failure)) throw toMillraceError(answer.failure, `Creating ${what}`);
  if (answer.failure.err_code === serverErrorCode.streamNotFound)
    throw mismatch(`stream ${stream}`, 'the stream', 'a stream', 'none');
  throw mismatch(what, 'the configuration', config, answer.failure.description ?? 'refused');
}
