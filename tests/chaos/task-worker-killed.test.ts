import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, choicesOf, numbersOf, range } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    env: { ...briefAckWait, MILLRACE_SLOTS: '4' },
  });
});

afterAll(() => cluster.stop());

it('labels each text of a batch once, however often its worker is killed', async ({ signal }) => {
  const labels = ['sports', 'cooking', 'finance and banking', 'the weather of tomorrow'];
  const texts = range(1, 16).map((number) => `${number} goals were scored in the match on Sunday.`);
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({ type: 'classify', id: 'batch', text: texts, labels });
  for (const seq of [3, 8]) {
    await client.find((message) => message.type === 'chunk' && message.seq === seq);
    await cluster.process('inference').restart();
  }
  const end = await client.ended('batch');
  expect(end).toMatchObject({ type: 'completed', finish_reasons: texts.map(() => 'stop') });
  expect(numbersOf(client, 'batch')).toEqual(range(1, texts.length));
  const answers = choicesOf(client, 'batch', texts.length);
  for (const answer of answers) expect(JSON.parse(answer)).toHaveProperty('labels.length', labels.length);
  const requestId = await acceptedId(client, 'batch');
  const log = await expectAnsweredOnce(cluster, { requestId, text: answers }, signal);
  // A chunk for each text and no more: what was published is not done again.
  expect(log.chunks).toHaveLength(texts.length);
  expect(new Set(log.chunks.map(({ attempt }) => attempt)).size).toBeGreaterThan(1);
  expect(log.finished[0]?.usage.output_tokens).toBe(0);

  client.send({ type: 'classify', id: 'again', text: texts, labels });
  const undisturbed = await client.ended('again');
  expect(choicesOf(client, 'again', texts.length)).toEqual(answers);
  expect(inputTokensOf(end)).toBe(inputTokensOf(undisturbed));
  await client.close();
});

function inputTokensOf(end: object): number {
  return (end as { readonly usage: { readonly input_tokens: number } }).usage.input_tokens;
}
