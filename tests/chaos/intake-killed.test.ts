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

afterEach(() => cluster.stop());

const isEnd = ({ kind }: AnswerGiven): boolean => kind !== 'CHUNK';

/** Publishes a share of the requests, half of them to be answered in chunks. */
async function publish(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += 1)
    await publishIntake(cluster, subjects.intake(defaultTenant, queue), {
      correlation_id: `order-${index}`,
      input: `Say something about the number ${index}.`,
      parameters: { max_tokens: 8 },
      answer: index % 2 === 0 ? 'whole' : 'chunks',
    });
}

/** Breaks something in the midst of each share of the requests. */
async function publishWhile(breaks: readonly (() => Promise<void>)[], signal: AbortSignal): Promise<void> {
  const share = Math.ceil(count / breaks.length);
  for (const [round, breakOne] of breaks.entries()) {
    const from = round * share;
    const publishing = publish(from, Math.min(count, from + share));
    await untilEnded(from + Math.floor(share / 10), signal);
    await breakOne();
    await publishing;
  }
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
      async () => new Set((await cluster.database.select().from(ledger)).map(({ requestId }) => requestId)),
      {
        timeout: 120_000,
      },
    )
    .toEqual(requests);
  expect((await cluster.database.select().from(ledger)).length).toBe(count);
  const { bus } = cluster.platform;
  let closings = 0;
  for await (const _ of bus.read('CLOSED', subjects.closed(defaultTenant, '*'))) closings += 1;
  expect(closings).toBe(count);
  await expect.poll(async () => (await bus.streamState('INTAKE')).messages, { timeout: 60_000 }).toBe(0);
}

it('answers each request of a queue once while ingress is killed and comes back', async ({ signal }) => {
  const killed = ['ingress', 'ingress-2', 'ingress', 'ingress-2'].map((name) => async () => {
    await cluster.process(name).kill();
    await cluster.process(name).start();
  });
  await publishWhile(killed, signal);
  await expectAllAnsweredOnce(signal);
  expect((await cluster.platform.bus.streamState('DEADLETTER')).messages).toBe(0);
});

it('answers each request of a queue once while nats-server is killed and comes back', async ({ signal }) => {
  const killed = [1, 2].map(() => async () => {
    await cluster.nats.kill();
    await cluster.nats.start();
  });
  await publishWhile(killed, signal);
  await expectAllAnsweredOnce(signal);
  expect((await cluster.platform.bus.streamState('DEADLETTER')).messages).toBe(0);
});
