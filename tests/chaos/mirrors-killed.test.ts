import { topics, type RequestClosed } from '@millrace/contracts';
import type { Cluster } from '@millrace/embedded';
import { closingOf, publishClosing, readAll } from '@millrace/stage/testing';
import { ledger } from '@millrace/store';
import {
  kafkaIsHere,
  readTopicCommitted,
  startTestKafka,
  type TestKafka,
  type TopicReader,
} from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster } from '../support/test-cluster.ts';

/** All of them by `MILLRACE_CHAOS_CLOSINGS=20000`. */
const count = Number(process.env['MILLRACE_CHAOS_CLOSINGS'] ?? 2_000);
const kills = 6;
/** Of closings that are published side by side. */
const wave = 20;

/** The streams, and the topics that are to equal them. */
const mirrored = [
  { topic: topics.requests.name, stream: 'CLOSED', filter: '>' },
  { topic: topics.billing.name, stream: 'BILLING', filter: 'mr.billing.>' },
  { topic: topics.audit.name, stream: 'AUDIT', filter: '>' },
] as const;

type Mirrored = (typeof mirrored)[number];

describe.skipIf(!kafkaIsHere)('the mirrors', () => {
  let cluster: Cluster;
  let kafka: TestKafka;
  const readers = new Map<string, TopicReader>();

  beforeAll(async () => {
    kafka = await startTestKafka();
    cluster = await startTestCluster({
      env: { MILLRACE_KAFKA_BROKERS: kafka.brokers },
      processes: ['auth-quota', 'billing', 'audit', 'mirrors', 'mirrors-2'],
    });
    for (const { topic } of mirrored) readers.set(topic, await readTopicCommitted(kafka.brokers, [topic]));
  });
  afterAll(async () => {
    for (const reader of readers.values()) await reader.stop();
    await cluster?.stop();
    await kafka?.stop();
  });

  const recordsOf = (topic: string): TopicReader['records'] => readers.get(topic)?.records ?? [];

  async function publish(closings: number): Promise<RequestClosed[]> {
    const { bus, codec } = cluster.platform;
    const all: RequestClosed[] = [];
    while (all.length < closings) {
      const some = Array.from({ length: wave }, (_, index) => closingOf(`tenant-${index % 5}`, { usage }));
      await Promise.all(some.map((closing) => publishClosing(bus, codec, closing)));
      all.push(...some);
    }
    return all;
  }

  /** The topic has what the stream has, row for row, once that has as many as are expected: billing and audit are behind for a while. */
  async function expectEqual({ topic, stream, filter }: Mirrored, least: number): Promise<void> {
    const ofStream = async (): Promise<Row[]> => {
      const stored = await readAll(cluster.platform.bus.read(stream, filter));
      return stored.map(({ sequence, payload }) => row(sequence, Buffer.from(payload)));
    };
    await expect
      .poll(async () => (await ofStream()).length, { timeout: 120_000 })
      .toBeGreaterThanOrEqual(least);
    const expected = await ofStream();
    await expect
      .poll(() => recordsOf(topic).length, { timeout: 120_000 })
      .toBeGreaterThanOrEqual(expected.length);
    const rows = recordsOf(topic).map(({ headers, value }) =>
      row(Number(headers['millrace-sequence']), value ?? Buffer.alloc(0)),
    );
    expect(rows.toSorted(bySequence)).toEqual(expected);
  }

  /** Whether a replica runs the mirror of the closings, as it says itself. */
  async function isOwner(name: string): Promise<boolean> {
    const response = await fetch(`${cluster.process(name).url}/metrics`);
    return (await response.text()).includes('millrace_mirror_owner{mirror="requests"} 1');
  }

  it('equal their streams, row for row, while each replica is killed and the broker is restarted', async () => {
    const closings: RequestClosed[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      const before = recordsOf(topics.requests.name).length;
      const publishing = publish(count / (kills + 1));
      await expect
        .poll(() => recordsOf(topics.requests.name).length, { timeout: 120_000 })
        .toBeGreaterThan(before);
      if (kill === kills / 2) {
        await kafka.kill();
        await kafka.start();
      }
      await cluster.process(kill % 2 === 0 ? 'mirrors' : 'mirrors-2').restart();
      closings.push(...(await publishing));
    }
    closings.push(...(await publish(count / (kills + 1))));

    for (const each of mirrored) await expectEqual(each, closings.length);
    const { codec } = cluster.platform;
    const charged = recordsOf(topics.billing.name).map(
      ({ value }) => codec.decode('billing.charged', value ?? Buffer.alloc(0)).request_id,
    );
    const rows = await cluster.database.select({ requestId: ledger.requestId }).from(ledger);
    expect(charged.length).toBe(rows.length);
    expect(new Set(charged)).toEqual(new Set(rows.map(({ requestId }) => requestId)));
    expect(new Set(charged)).toEqual(new Set(closings.map(({ request_id: id }) => id)));
  });

  it('are taken over from a replica that hangs, and it writes nothing when it comes back', async () => {
    const replicas = ['mirrors', 'mirrors-2'] as const;
    const { name } = topics.requests;
    const patience = { timeout: 120_000 };
    let total = recordsOf(name).length + 100;
    await publish(100);
    await expect.poll(() => recordsOf(name).length, patience).toBe(total);
    const [hanging = '', other = ''] = (await isOwner('mirrors')) ? replicas : replicas.toReversed();
    // With a batch that it has begun, as likely as not.
    const publishing = publish(500);
    cluster.process(hanging).send('SIGSTOP');
    await publishing;
    total += 500;
    await expect.poll(() => isOwner(other), patience).toBe(true);
    await expect.poll(() => recordsOf(name).length, patience).toBe(total);
    const more = publish(500);
    cluster.process(hanging).send('SIGCONT');
    await more;
    total += 500;
    await expect.poll(() => isOwner(hanging), patience).toBe(false);
    await expectEqual(mirrored[0], total);
  });
});

/** Nobody counted: there is nothing to be priced. */
const usage = { ...closingOf('tenant').usage, source: 'NONE' as const };

interface Row {
  readonly sequence: number;
  readonly value: string;
}

const row = (sequence: number, value: Buffer): Row => ({ sequence, value: value.toString('base64') });
const bySequence = (a: Row, b: Row): number => a.sequence - b.sequence;
