import { execSync } from 'node:child_process';
import { subjects, type AnswerGiven } from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { publishIntake, readAnswers, untilAnswered } from '../support/queues.ts';
import { briefAckWait } from '../support/test-cluster.ts';

const count = Number(process.env['MILLRACE_TEST_INTAKE_REQUESTS'] ?? 500);
const queue = 'orders';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startInstantCluster({
    processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'ingress-2', 'pii'],
    env: briefAckWait,
    tenantLimits: { maxInFlight: 1_000 },
  });
});

afterEach(async () => {
  execSync(`rm -rf /tmp/b18/nats-intake/logs; cp -r ${cluster.folder.logs} /tmp/b18/nats-intake/logs`);
  await cluster.stop();
});

const isEnd = ({ kind }: AnswerGiven): boolean => kind !== 'CHUNK';

/** Publishes all requests, half of them to be answered in chunks, while something else happens. */
async function publishAll(): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await publishIntake(cluster, subjects.intake(defaultTenant, queue), {
      correlation_id: `order-${index}`,
      input: `Say something about the number ${index}.`,
      parameters: { max_tokens: 8 },
      answer: index % 2 === 0 ? 'whole' : 'chunks',
    });
}

async function untilEnded(least: number, signal: AbortSignal): Promise<void> {
  await untilAnswered(cluster, defaultTenant, least, signal);
}

/** Each request has one answer, whole or in pieces without gaps, of one request that was charged once. */
async function expectAllAnsweredOnce(signal: AbortSignal): Promise<void> {
  await untilEnded(count, signal);
  const answers = (await readAnswers(cluster, defaultTenant)).map(({ answer }) => answer);
  const byCorrelation = Map.groupBy(answers, ({ correlation_id: id }) => id ?? '');
  expect(byCorrelation.size).toBe(count);
  const wrong = [...byCorrelation].filter(([id, own]) => {
    const ends = own.filter(isEnd);
    const numbers = own.filter((each) => !isEnd(each)).map(({ number }) => number);
    const isWhole = Number(id.slice('order-'.length)) % 2 === 0;
    const isInOrder = numbers.every((number, index) => number === index + 1);
    const text = own.flatMap(({ results }) => results.map((result) => result.text ?? '')).join('');
    return (
      ends.length !== 1 ||
      ends[0]?.kind !== 'ANSWER' ||
      !isInOrder ||
      (isWhole ? numbers.length > 0 : numbers.length === 0) ||
      ends[0].number !== numbers.length ||
      new Set(own.map(({ request_id }) => request_id)).size !== 1 ||
      text.length === 0
    );
  });
  expect(wrong).toEqual([]);
  const requests = new Set(answers.map(({ request_id }) => request_id));
  await expect
    .poll(
      async () => (await cluster.database.select().from(ledger)).map(({ requestId }) => requestId).toSorted(),
      {
        timeout: 120_000,
      },
    )
    .toEqual([...requests].toSorted());
  const { bus } = cluster.platform;
  let closings = 0;
  for await (const _ of bus.read('CLOSED', subjects.closed(defaultTenant, '*'))) closings += 1;
  expect(closings).toBe(count);
  await expect.poll(async () => (await bus.streamState('INTAKE')).messages, { timeout: 60_000 }).toBe(0);
  expect((await bus.streamState('DEADLETTER')).messages).toBe(0);
}

it('answers each request of a queue once while ingress is killed and comes back', async ({ signal }) => {
  const publishing = publishAll();
  for (let kill = 1; kill <= 4; kill += 1) {
    await untilEnded(Math.floor((count * kill) / 6), signal);
    const ingress = cluster.process(kill % 2 === 0 ? 'ingress' : 'ingress-2');
    await ingress.kill();
    await ingress.start();
  }
  await publishing;
  await expectAllAnsweredOnce(signal);
});

it('answers each request of a queue once while nats-server is killed and comes back', async ({ signal }) => {
  const publishing = publishAll();
  for (const share of [0.2, 0.5]) {
    await untilEnded(Math.floor(count * share), signal);
    await cluster.nats.kill();
    await cluster.nats.start();
  }
  await publishing;
  await expectAllAnsweredOnce(signal);
});
