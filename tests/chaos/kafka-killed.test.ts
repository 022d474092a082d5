import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { topics, type RequestClosed } from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { bodyOfSingleObject, readWireFormat } from '@millrace/kafka';
import { kafkaIsHere, readTopicCommitted, type TopicReader } from '@millrace/testkit';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import {
  differences,
  readLedgerRows,
  rowOfCharge,
  rowOfClosing,
  type RawCharge,
} from '../support/ledger-rows.ts';
import { readAnswers, recordOf } from '../support/queues.ts';
import { briefAckWait } from '../support/test-cluster.ts';

/** `MILLRACE_CHAOS_REQUESTS=20000` for the whole count. */
const requests = Number(process.env['MILLRACE_CHAOS_REQUESTS'] ?? 2_000);
const killEveryMs = 3_000;
const requestTopic = 'upstream.requests';
const answerTopic = 'upstream.answers';
const batch = 250;
/** Killed in turn, the broker once. */
const victims = ['ingress', 'mirrors', 'ingress-2', 'mirrors-2'];
const patience = { timeout: 120_000 };

const mirrored = [
  { topic: topics.requests.name, stream: 'CLOSED', filter: 'mr.request.closed.>' },
  { topic: topics.billing.name, stream: 'BILLING', filter: 'mr.billing.>' },
] as const;

describe.skipIf(!kafkaIsHere)('requests of Kafka', () => {
  let servers: KafkaServers;
  let cluster: Cluster;
  let readers: ReadonlyMap<string, TopicReader>;

  beforeEach(async () => {
    servers = await startKafkaServers({
      entries: [
        { pattern: requestTopic, tenant: defaultTenant, queue: 'work', format: 'json', answers: answerTopic },
      ],
      topics: { [requestTopic]: 6, [answerTopic]: 6 },
    });
    cluster = await startInstantCluster({
      processes: ['audit', 'auth-quota', 'billing', 'inference', 'pii', ...victims],
      env: { ...briefAckWait, ...servers.env },
      tenantLimits: { maxInFlight: 1_000 },
    });
    const read = [answerTopic, ...mirrored.map(({ topic }) => topic)];
    readers = new Map(
      await Promise.all(
        read.map(
          async (topic) => [topic, await readTopicCommitted(servers.broker.brokers, [topic])] as const,
        ),
      ),
    );
  });
  afterEach(async () => {
    for (const reader of readers?.values() ?? []) await reader.stop();
    await cluster?.stop();
    await servers?.stop();
  });

  const recordsOf = (topic: string): TopicReader['records'] => readers.get(topic)?.records ?? [];

  /** Kills one after the other until it is told that it is enough. */
  const keepKilling = async (enough: AbortSignal): Promise<void> => {
    const { clock } = cluster.platform;
    for (let round = 0; !enough.aborted; round += 1) {
      const victim = cluster.process(victims[round % victims.length] ?? '');
      await victim.kill();
      await victim.start();
      if (round === 2) {
        await servers.broker.kill();
        await servers.broker.start();
      }
      await clock.sleep(killEveryMs, enough).catch((error: unknown) => {
        if (!enough.aborted) throw error;
      });
    }
  };

  it('are answered once each, and mirrored once, while ingress and the mirrors are killed every 3 s and the broker once', async () => {
    const enough = new AbortController();
    const killing = keepKilling(enough.signal);
    const ids = Array.from({ length: requests }, (_, index) => `r${index}`);
    for (let from = 0; from < requests; from += batch) {
      const messages = ids.slice(from, from + batch).map((key) => ({
        key,
        value: JSON.stringify({ input: `Say ${key}`, parameters: { max_tokens: 2 } }),
      }));
      await servers.producer.send({ topic: requestTopic, messages });
    }
    // What the producer has sent again, as the ack of the broker was lost with it, is another record and another request.
    const records = await servers.countRecords(requestTopic);
    await expect
      .poll(() => recordsOf(answerTopic).length, { timeout: 500_000 })
      .toBeGreaterThanOrEqual(records);
    enough.abort();
    await killing;

    // Whatever was being worked on when the last one was killed comes to its end.
    const { bus } = cluster.platform;
    await expect.poll(async () => (await bus.streamState('INTAKE')).messages, patience).toBe(0);
    const answers = await readAnswers(cluster, defaultTenant);
    expect(answers).toHaveLength(records);
    expect(new Set(answers.map(recordOf)).size).toBe(records);
    expect(new Set(answers.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWER']));
    expect(new Set(answers.map(({ answer }) => answer.correlation_id))).toEqual(new Set(ids));
    expect((await bus.streamState('DEADLETTER')).messages).toBe(0);

    const asked = new Set(answers.map(({ answer }) => answer.request_id));
    const given = recordsOf(answerTopic).map(({ headers }) => headers['millrace-request-id'] ?? '');
    expect(given).toHaveLength(records);
    expect(new Set(given)).toEqual(asked);

    for (const { topic, stream, filter } of mirrored) {
      await expect
        .poll(async () => recordsOf(topic).length - (await rowsOf(stream, filter)).length, patience)
        .toBe(0);
      const rows = recordsOf(topic).map(({ headers, value }) =>
        row(Number(headers['millrace-sequence']), readWireFormat(value ?? Buffer.alloc(0)).body),
      );
      expect(rows.toSorted(bySequence)).toEqual(await rowsOf(stream, filter));
      expect(rows).toHaveLength(records);
    }

    // Whoever reads the topics by the registry alone has the ledger, each row once and to the last digit.
    const ledger = await readLedgerRows(cluster);
    expect(ledger).toHaveLength(records);
    expect(new Set(ledger.map(({ charge }) => charge.requestId))).toEqual(asked);
    expect(new Set(ledger.map(({ charge }) => charge.tenant))).toEqual(new Set([defaultTenant]));
    expect(ledger.every(({ charge }) => Number(charge.amount) > 0)).toBe(true);
    const charges = (await valuesOf<RawCharge>(topics.billing.name)).map(rowOfCharge);
    const closings = (await valuesOf<RequestClosed>(topics.requests.name)).map(rowOfClosing);
    expect([charges.length, closings.length]).toEqual([records, records]);
    expect(
      differences(
        charges,
        ledger.map(({ charge }) => charge),
      ),
    ).toEqual([]);
    expect(
      differences(
        closings,
        ledger.map(({ closing }) => closing),
      ),
    ).toEqual([]);
  });

  /** The records of a topic as the registry's own client decodes them. */
  function valuesOf<Value>(topic: string): Promise<readonly Value[]> {
    return Promise.all(
      recordsOf(topic).map(
        async ({ value }) => (await servers.schemas.decode(value ?? Buffer.alloc(0))) as Value,
      ),
    );
  }

  async function rowsOf(stream: string, filter: string): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const { sequence, payload } of cluster.platform.bus.read(stream, filter))
      rows.push(row(sequence, bodyOfSingleObject(payload)));
    return rows;
  }
});

interface Row {
  readonly sequence: number;
  readonly body: string;
}

const row = (sequence: number, body: Uint8Array): Row => ({
  sequence,
  body: Buffer.from(body).toString('base64'),
});
const bySequence = (a: Row, b: Row): number => a.sequence - b.sequence;
