import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, choicesOf, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({ env: briefAckWait });
});

afterAll(() => cluster.stop());

it('goes on behind the chunks of a killed worker, and the client gets one whole answer', async ({
  signal,
}) => {
  const question = { type: 'generate', prompt: 'Tell a story about a mill on a river.', max_tokens: 200 };
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({ ...question, id: 'undisturbed', temperature: 0 });
  await client.ended('undisturbed');
  const undisturbedId = await acceptedId(client, 'undisturbed');
  const undisturbed = await expectAnsweredOnce(
    cluster,
    { requestId: undisturbedId, text: textOf(client, 'undisturbed') },
    signal,
  );

  client.send({ ...question, id: 'killed', temperature: 0 });
  for (const seq of [10, 40]) {
    await untilChunk(client, 'killed', seq);
    await cluster.process('inference').restart();
  }
  const end = await client.ended('killed');
  expect(end).toMatchObject({ type: 'completed' });
  const text = textOf(client, 'killed');
  const requestId = await acceptedId(client, 'killed');
  const log = await expectAnsweredOnce(cluster, { requestId, text }, signal);

  expect(numbersOf(client, 'killed')).toEqual(range(1, end.seq ?? 0));
  expect(end['usage']).toMatchObject({ output_tokens: log.tokens.length });
  expect(log.attempts.map(({ attempt }) => attempt)).toEqual([2, 3]);
  const [second = 0, third = 0] = log.attempts.map(({ first_position }) => first_position);
  expect(second).toBeGreaterThanOrEqual(10);
  expect(third).toBeGreaterThan(second);
  // What the second worker reads in one go can round differently from what the first one read token by token.
  expect(log.tokens.slice(0, second)).toEqual(undisturbed.tokens.slice(0, second));
  await client.close();
});

it('goes on with each choice of an answer, and the client gets them all whole', async ({ signal }) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  const story = { prompt: 'Tell a story about a mill.', seed: 7, n: 2, logprobs: true };
  client.send({ type: 'generate', id: 'two', ...story, max_tokens: 120 });
  for (const seq of [12, 60]) {
    await untilChunk(client, 'two', seq);
    await cluster.process('inference').restart();
  }
  const end = await client.ended('two');
  expect(end).toMatchObject({ type: 'completed' });
  expect(numbersOf(client, 'two')).toEqual(range(1, end.seq ?? 0));
  const texts = choicesOf(client, 'two', 2);
  const requestId = await acceptedId(client, 'two');
  const log = await expectAnsweredOnce(cluster, { requestId, text: texts }, signal);

  expect(texts.every((text) => text.length > 50)).toBe(true);
  expect(log.attempts.map(({ attempt, choice }) => [attempt, choice])).toEqual([
    [2, 0],
    [2, 1],
    [3, 0],
    [3, 1],
  ]);
  for (const { first_position } of log.attempts) expect(first_position).toBeGreaterThan(0);
  const reported = client.chunks('two').flatMap(({ logprobs }) => logprobs ?? []);
  expect(reported).toHaveLength(log.tokens.length);
  await client.close();
});

it('goes on with all requests that the killed worker was busy with', async ({ signal }) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  const ids = range(1, 6).map((number) => `story-${number}`);
  for (const id of ids) {
    client.send({ type: 'generate', id, prompt: `Tell ${id} about a river.`, max_tokens: 60, seed: 7 });
  }
  await Promise.all(ids.map((id) => untilChunk(client, id, 2)));
  await cluster.process('inference').restart();

  const logs = await Promise.all(
    ids.map(async (id) => {
      const end = await client.ended(id);
      expect(end).toMatchObject({ type: 'completed' });
      expect(numbersOf(client, id)).toEqual(range(1, end.seq ?? 0));
      const requestId = await acceptedId(client, id);
      return expectAnsweredOnce(cluster, { requestId, text: textOf(client, id) }, signal);
    }),
  );
  const continued = logs.flatMap(({ attempts }) => attempts);
  expect(continued.length).toBeGreaterThan(0);
  for (const { first_position } of continued) expect(first_position).toBeGreaterThan(0);
  await client.close();
});

it('ends a request that is cancelled while its worker is dead, and charges what was generated', async ({
  signal,
}) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({
    type: 'generate',
    id: 'story',
    prompt: 'Tell a very long story about a mill.',
    max_tokens: 1_500,
  });
  await untilChunk(client, 'story', 5);
  await cluster.process('inference').kill();
  client.send({ type: 'cancel', id: 'story' });
  await cluster.process('inference').start();

  const end = await client.ended('story');
  expect(end).toMatchObject({ type: 'completed', finish_reason: 'cancelled' });
  expect(numbersOf(client, 'story')).toEqual(range(1, end.seq ?? 0));
  const requestId = await acceptedId(client, 'story');
  const log = await expectAnsweredOnce(cluster, { requestId, text: textOf(client, 'story') }, signal);
  expect(log.finished[0]).toMatchObject({ outcome: 'CANCELLED' });
  expect(log.tokens.length).toBeGreaterThanOrEqual(5);
  await client.close();
});
