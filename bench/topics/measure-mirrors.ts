import { EventEmitter, once } from 'node:events';
import { topics } from '@millrace/contracts';
import { createScratchFolder, startCluster, type Cluster } from '@millrace/embedded';
import { closingOf, publishClosing } from '@millrace/stage/testing';
import { clientOf } from './measure-requests.ts';

export interface MirrorFigures {
  readonly events: number;
  readonly 'events/s': number;
}

const publishedAtOnce = 256;

/**
 * How fast the mirror of the closings catches up: as many as are asked for lie in the stream before it starts. Counted as one sees them who
 * reads committed, from the first to the last.
 */
export async function measureMirrors(brokers: string, events: number): Promise<MirrorFigures> {
  const folder = await createScratchFolder();
  try {
    const cluster = await startCluster({
      dataDirectory: folder.path,
      processes: ['mirrors'],
      env: { MILLRACE_KAFKA_BROKERS: brokers, MILLRACE_LOG_LEVEL: 'warn' },
    });
    try {
      await cluster.process('mirrors').stop();
      await publishClosings(cluster, events);
      return await follow(brokers, events, () => cluster.process('mirrors').start());
    } finally {
      await cluster.stop();
    }
  } finally {
    await folder.stop();
  }
}

async function publishClosings({ platform: { bus, codec } }: Cluster, count: number): Promise<void> {
  for (let from = 0; from < count; from += publishedAtOnce) {
    const some = Array.from({ length: Math.min(publishedAtOnce, count - from) }, (_, index) =>
      closingOf(`tenant-${index % 5}`),
    );
    await Promise.all(some.map((closing) => publishClosing(bus, codec, closing)));
  }
}

async function follow(
  brokers: string,
  events: number,
  start: () => Promise<unknown>,
): Promise<MirrorFigures> {
  const kafka = await clientOf(brokers);
  const consumer = kafka.consumer({ groupId: 'bench-mirrors', maxWaitTimeInMs: 50 });
  const arrivals = new EventEmitter();
  const batches: { readonly at: number; readonly size: number }[] = [];
  const seen = (): number => batches.reduce((sum, { size }) => sum + size, 0);
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.requests.name], fromBeginning: false });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.run({
    autoCommit: false,
    async eachBatch({ batch: { messages } }) {
      batches.push({ at: performance.now(), size: messages.length });
      arrivals.emit('some');
    },
  });
  try {
    await joined;
    await start();
    while (seen() < events) await once(arrivals, 'some');
    const [first] = batches;
    const last = batches.at(-1);
    if (first === undefined || last === undefined) throw new Error('There was nothing to mirror');
    const seconds = (last.at - first.at) / 1_000;
    return { events, 'events/s': Math.round((seen() - first.size) / seconds) };
  } finally {
    await consumer.disconnect();
  }
}
