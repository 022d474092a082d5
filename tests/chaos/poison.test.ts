import { defaultTenant, proveAnswers, type Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { readDeadLetters } from '../support/dead-letters.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { untilDrained } from '../support/work-queues.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

const fixture = new URL('fixtures/killed-by-prompt.mjs', import.meta.url).href;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    env: { ...briefAckWait, MILLRACE_MAX_DELIVERIES: '3', NODE_OPTIONS: `--import=${fixture}` },
    restartCrashed: true,
  });
});

afterAll(() => cluster.stop());

it('gives up a request that kills its worker each time, and answers those that were with it', async ({
  signal,
}) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  const ids = range(1, 6).map((number) => `innocent-${number}`);
  const ask = (id: string): void =>
    client.send({
      type: 'generate',
      id,
      prompt: `Tell ${id} about a river.`,
      max_tokens: 100,
      temperature: 0,
    });
  for (const id of ids.slice(0, 3)) ask(id);
  await Promise.all(ids.slice(0, 3).map((id) => untilChunk(client, id, 2)));
  client.send({ type: 'generate', id: 'deadly', prompt: 'These are the words that kill.' });
  for (const id of ids.slice(3)) ask(id);

  const end = await client.ended('deadly');
  expect(end).toMatchObject({ type: 'error', code: 'poison_message', retryable: false, seq: 0 });
  const deadlyId = await acceptedId(client, 'deadly');
  for (const id of ids) {
    const innocentEnd = await client.ended(id);
    expect(innocentEnd).toMatchObject({ type: 'completed' });
    expect(numbersOf(client, id)).toEqual(range(1, innocentEnd.seq ?? 0));
    const requestId = await acceptedId(client, id);
    await expectAnsweredOnce(cluster, { requestId, text: textOf(client, id) }, signal);
  }

  const { platform, database } = cluster;
  const { answers, ledgerRows, auditRecords } = await proveAnswers(
    platform,
    database,
    defaultTenant,
    [{ requestId: deadlyId, text: '' }],
    signal,
  );
  expect(answers[0]).toMatchObject({ outcome: 'FAILED', closings: 1, ledgerRows: 1, auditRecords: 1 });
  expect(Number(answers[0]?.amount)).toBe(0);
  expect([ledgerRows, auditRecords]).toEqual([ids.length + 1, ids.length + 1]);
  const [closing] = await readClosings(platform, defaultTenant, deadlyId);
  expect(closing?.failure).toMatchObject({ code: 'poison_message' });
  expect(closing?.trail.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
    'edge accepted',
    'auth-quota admitted',
    'pii clean',
    'inference failed',
  ]);
  const letters = await readDeadLetters(platform);
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({
    stage: 'inference',
    stream: 'SCRUBBED',
    tenant: defaultTenant,
    request_id: deadlyId,
    code: 'poison_message',
  });
  await untilDrained(platform, ['RECEIVED', 'ADMITTED', 'SCRUBBED'], signal);
  await client.close();
});
