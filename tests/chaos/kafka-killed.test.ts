import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { kafkaIsHere } from '@millrace/testkit';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import { readAnswers, recordOf, untilAnswered } from '../support/queues.ts';
import { briefAckWait } from '../support/test-cluster.ts';

/** `MILLRACE_CHAOS_REQUESTS=20000` for the whole count. */
const requests = Number(process.env['MILLRACE_CHAOS_REQUESTS'] ?? 2_000);
const killEveryMs = 3_000;
const topic = 'upstream.requests';
const batch = 250;

describe.skipIf(!kafkaIsHere)('requests of Kafka', () => {
  let servers: KafkaServers;
  let cluster: Cluster;

  beforeEach(async () => {
    servers = await startKafkaServers({
      entries: [{ pattern: topic, tenant: defaultTenant, queue: 'work', format: 'json' }],
      topics: { [topic]: 6 },
    });
    cluster = await startInstantCluster({
      processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'ingress-2', 'pii'],
      env: { ...briefAckWait, ...servers.env },
      tenantLimits: { maxInFlight: 1_000 },
    });
  });
  afterEach(async () => {
    await cluster?.stop();
    await servers?.stop();
  });

  it('are answered and charged once each while ingress is killed every 3 s and the broker is restarted', async ({
    signal,
  }) => {
    const { clock } = cluster.platform;
    const all = new AbortController();
    const killing = (async () => {
      for (let round = 0; !all.signal.aborted; round += 1) {
        const victim = cluster.process(round % 2 === 0 ? 'ingress' : 'ingress-2');
        await victim.kill();
        await victim.start();
        if (round === 1) {
          await servers.broker.kill();
          await servers.broker.start();
        }
        await clock.sleep(killEveryMs, all.signal).catch((error: unknown) => {
          if (!all.signal.aborted) throw error;
        });
      }
    })();
    const ids = Array.from({ length: requests }, (_, index) => `r${index}`);
    for (let from = 0; from < requests; from += batch) {
      const messages = ids.slice(from, from + batch).map((key) => ({
        key,
        value: JSON.stringify({ input: `Say ${key}`, parameters: { max_tokens: 2 } }),
      }));
      await servers.producer.send({ topic, messages });
    }
    // What the producer has sent again, as the ack of the broker was lost with it, is another record and another request.
    const records = await servers.recordsIn(topic);
    await untilAnswered(cluster, defaultTenant, records, signal);
    all.abort();
    await killing;

    // Whatever was being worked on when the last one was killed comes to its end.
    await expect.poll(async () => (await cluster.platform.bus.streamState('INTAKE')).messages).toBe(0);
    const answers = await readAnswers(cluster, defaultTenant);
    expect(answers).toHaveLength(records);
    expect(new Set(answers.map(recordOf)).size).toBe(records);
    expect(new Set(answers.map(({ answer }) => answer.correlation_id))).toEqual(new Set(ids));
    expect(new Set(answers.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWER']));
    const rows = await cluster.database.select().from(ledger);
    expect(rows.map(({ requestId }) => requestId).toSorted()).toEqual(
      answers.map(({ answer }) => answer.request_id).toSorted(),
    );
    expect((await cluster.platform.bus.streamState('DEADLETTER')).messages).toBe(0);
  });
});
