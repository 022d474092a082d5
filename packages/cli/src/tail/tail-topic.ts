import { randomUUID } from 'node:crypto';
import { createCodec } from '@millrace/contracts';
import { openKafka } from '@millrace/kafka';
import { createLogger, MillraceError, systemClock } from '@millrace/runtime';
import type { LiveOutput } from '../live-output.ts';
import type { TailSettings } from './config.ts';
import { createMessageDecoder } from './message-decoder.ts';
import { createValueView } from './shown-value.ts';
import type { Since } from './since.ts';
import { decodedLines } from './tailed-lines.ts';
import { openWireSchemas } from './wire-schemas.ts';

const mostTries = 60;
const pauseMs = 500;

export interface TopicTail {
  readonly topic: string;
  readonly since: Since | undefined;
  readonly limit: number | undefined;
  readonly follow: boolean;
  readonly isJson: boolean;
}

/** Offsets of a partition: the first to read, and the one behind the last that is there. */
interface Range {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Writes what a topic of Kafka has, and with `follow` what comes; partition by partition, as they arrive. It reads what is committed, with a
 * group of its own that is removed behind it.
 *
 * @throws `config_invalid` where no broker is set, there is no such topic or registry; `unavailable`
 */
export async function tailTopic(tail: TopicTail, settings: TailSettings, output: LiveOutput): Promise<void> {
  const logger = createLogger({ service: 'millrace', level: 'silent' });
  const kafka = await openKafka(settings, logger);
  const codec = createCodec();
  const view = createValueView(codec);
  const wire =
    settings.registryUrl === undefined ? undefined : openWireSchemas(settings, view, output.signal);
  const linesOf = decodedLines(createMessageDecoder(codec, view, wire), tail.isJson);
  const admin = kafka.admin();
  const groupId = `millrace-tail-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  const done = Promise.withResolvers<void>();
  // A crash before it is waited for is told by what comes first.
  done.promise.catch(() => undefined);
  output.signal.addEventListener('abort', () => done.resolve(), { once: true });
  try {
    await admin.connect();
    const ranges = await rangesOf(admin, tail);
    const open = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, range]));
    let left = tail.limit ?? Number.POSITIVE_INFINITY;
    if (open.size === 0 && !tail.follow) return;
    await untilCoordinated(admin, groupId, output.signal);
    await consumer.connect();
    await consumer.subscribe({ topic: tail.topic, fromBeginning: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => done.reject(payload.error));
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      const range = open.get(payload.partition);
      if (range !== undefined && BigInt(payload.lastOffset) + 1n >= range.to) open.delete(payload.partition);
      if (open.size === 0 && !tail.follow) done.resolve();
    });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        const { offset, value, timestamp } = message;
        const range = ranges.find((each) => each.partition === partition);
        if (range === undefined || BigInt(offset) < range.from || left <= 0) return;
        if (!tail.follow && BigInt(offset) >= range.to) return;
        const place = { place: topic, subject: `partition ${partition}`, sequence: Number(offset) };
        const payload = value ?? Buffer.from('null');
        for (const line of await linesOf({ ...place, storedAt: Number(timestamp), payload })) {
          await output.write(line);
          left -= 1;
        }
        if (left <= 0 && (!tail.follow || tail.since !== undefined)) done.resolve();
      },
    });
    for (const { partition, from } of ranges)
      consumer.seek({ topic: tail.topic, partition, offset: String(from) });
    await done.promise;
  } catch (cause) {
    if (output.signal.aborted) return;
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(
      'unavailable',
      `Kafka at ${settings.kafkaBrokers?.join(',') ?? ''}: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    await consumer.disconnect();
    // One that nobody joined is none, and not every user may delete groups: the broker forgets it by itself, as it has no offsets.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
    await wire?.stop();
  }
}

/** A broker that has just started cannot take groups yet, and the client gives up on it. */
async function untilCoordinated(admin: Admin, groupId: string, signal: AbortSignal): Promise<void> {
  for (let tried = 0; tried < mostTries; tried += 1) {
    try {
      const { groups } = await admin.describeGroups([groupId]);
      // What it has no group of is dead: so the coordinator is there.
      if (groups.every(({ state }) => state === 'Dead' || state === 'Empty')) return;
    } catch (error) {
      if ((error as { readonly retriable?: boolean }).retriable !== true) throw error;
    }
    await systemClock.sleep(pauseMs, signal);
  }
}

type Admin = ReturnType<Awaited<ReturnType<typeof openKafka>>['admin']>;

async function rangesOf(admin: Admin, { topic, since, limit, follow }: TopicTail): Promise<readonly Range[]> {
  if (!(await admin.listTopics()).includes(topic))
    throw new MillraceError('config_invalid', `There is no topic ${topic}.`, { param: '--topic' });
  const offsets = await admin.fetchTopicOffsets(topic);
  const starts =
    since !== undefined && 'time' in since
      ? new Map(
          (await admin.fetchTopicOffsetsByTimestamp(topic, since.time)).map(({ partition, offset }) => [
            partition,
            BigInt(offset),
          ]),
        )
      : undefined;
  return offsets.map(({ partition, low, high }) => {
    const [first, end] = [BigInt(low), BigInt(high)];
    const wanted =
      starts?.get(partition) ??
      (since !== undefined && 'sequence' in since
        ? BigInt(since.sequence)
        : end - BigInt(follow && limit === undefined ? 0 : (limit ?? 0)));
    return { partition, from: wanted < first ? first : wanted, to: end };
  });
}
