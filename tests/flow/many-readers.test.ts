import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { numbersOf, range, textOf } from '../support/answer.ts';
import { postJson } from '../support/post-json.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { eventsOf, type ReadEvent } from '../support/stream-events.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const processes = [
  'audit',
  'auth-quota',
  'billing',
  'edge',
  'edge-2',
  'inference',
  'ingress',
  'ingress-2',
  'pii',
];
const prompt = 'Tell a very long story about a mill on a river.';
const body = { prompt, temperature: 0, max_tokens: 150, stream: true };

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({ processes });
});

afterAll(() => cluster.stop());

async function readAll(response: Response): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

function readAgain(gateway: string, requestId: string, after: number): Promise<Response> {
  return fetch(`${cluster.process(gateway).url}/v1/requests/${requestId}/stream`, {
    headers: { authorization: `Bearer ${cluster.apiKey}`, 'last-event-id': String(after) },
  });
}

it('one answer is read at once over server-sent events and WebSockets, on two gateways of each', async ({
  signal,
}) => {
  const response = await postJson(cluster, '/v1/generate', body, { 'idempotency-key': 'many-readers' });
  const requestId = response.headers.get('x-request-id') ?? '';
  const original = eventsOf(response);
  const first: ReadEvent[] = [];
  for (const _ of range(1, 3)) {
    const { value } = await original.next();
    if (value !== undefined) first.push(value);
  }
  const sockets = await Promise.all(
    (['edge', 'edge-2'] as const).map(async (gateway, index) => {
      const client = await openStream(cluster.process(gateway).url, { apiKey: cluster.apiKey });
      client.send({ type: 'resume', request_id: requestId, after: index });
      return client;
    }),
  );
  const again = await Promise.all([
    readAgain('ingress', requestId, 0),
    readAgain('ingress-2', requestId, 0),
    readAgain('ingress-2', requestId, 2),
    postJson({ ...cluster, ingressUrl: cluster.process('ingress-2').url }, '/v1/generate', body, {
      'idempotency-key': 'many-readers',
      'last-event-id': '3',
    }),
  ]);
  const streams = await Promise.all(again.map(readAll));
  for await (const event of original) first.push(event);

  const chunks = first.slice(0, -1);
  const text = chunks.map((event) => event.text).join('');
  expect(chunks.map(({ id }) => id)).toEqual(range(1, chunks.length));
  expect(first.at(-1)).toMatchObject({ event: 'completed', id: chunks.length });
  expect(streams).toEqual([first, first, first.slice(2), first.slice(3)]);
  for (const [index, client] of sockets.entries()) {
    expect(await client.ended(requestId)).toMatchObject({ type: 'completed' });
    expect(numbersOf(client, requestId)).toEqual(range(index + 1, chunks.length));
    expect(textOf(client, requestId)).toBe(
      chunks
        .slice(index)
        .map((event) => event.text)
        .join(''),
    );
    await client.close();
  }
  await expectAnsweredOnce(cluster, { requestId, text }, signal);
});

it('predict gives labels for a list of texts, and says what is known of them', async () => {
  const response = await postJson(cluster, '/v1/predict', {
    task: 'classify',
    input: ['The striker scored two goals in the final minutes.', 'Simmer the onions in butter.'],
    parameters: { labels: ['cooking', 'finance', 'sports'], top_k: 1 },
  });
  expect(await response.json()).toMatchObject({
    task: 'classify',
    model: 'smollm2-135m-instruct',
    model_version: expect.any(String) as string,
    results: [{ labels: [{ label: 'sports' }] }, { labels: [{ label: 'cooking' }] }],
  });
});
