import { defaultTenant, type Cluster } from '@millrace/embedded';
import { ledger } from '@millrace/store';
import { openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf } from '../support/answer.ts';
import { postJson } from '../support/post-json.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { readClosings } from '../support/result-log.ts';
import { startTestCluster, withAnswerCache } from '../support/test-cluster.ts';

interface Answer {
  readonly request_id: string;
  readonly text: string;
  readonly usage: { readonly output_tokens: number; readonly cache?: object };
}

const question = { prompt: 'What is the capital of France?', temperature: 0, max_tokens: 32 };
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startTestCluster({
    env: { ...withAnswerCache, MILLRACE_SEMANTIC_CACHE: `${defaultTenant}=0.9` },
  });
});
afterAll(() => cluster.stop());

async function ask(body: object, headers: Readonly<Record<string, string>> = {}, path = '/v1/generate') {
  const response = await postJson(cluster, path, body, headers);
  expect(response.status).toBe(200);
  return { cache: response.headers.get('x-millrace-cache'), answer: (await response.json()) as Answer };
}

/** What was charged for a request, once it is. */
async function chargeOf(requestId: string) {
  const rows = async () =>
    (await cluster.database.select().from(ledger)).filter((row) => row.requestId === requestId);
  await expect.poll(rows).toHaveLength(1);
  return (await rows())[0];
}

it('the same request has the same answer at once, which says so, costs nothing and is proved like any other', async ({
  signal,
}) => {
  const first = await ask(question);
  expect(first.cache).toBe('miss');
  expect(first.answer.usage.cache).toBeUndefined();
  const again = await ask(question);
  expect(again.cache).toBe('exact');
  expect(again.answer).toMatchObject({
    text: first.answer.text,
    usage: { output_tokens: first.answer.usage.output_tokens, cache: { kind: 'exact', similarity: 1 } },
  });
  await expectAnsweredOnce(cluster, { requestId: again.answer.request_id, text: again.answer.text }, signal);
  expect(Number((await chargeOf(first.answer.request_id))?.amount)).toBeGreaterThan(0);
  expect(await chargeOf(again.answer.request_id)).toMatchObject({ amount: '0.0000000000', cache: 'exact' });
  const [closing] = await readClosings(cluster.platform, defaultTenant, again.answer.request_id);
  expect(closing?.cache).toMatchObject({ kind: 'EXACT', request_id: first.answer.request_id });
});

it('a stream says in its head that it comes from the cache', async () => {
  const streamed = await postJson(cluster, '/v1/generate', { ...question, stream: true });
  expect(streamed.headers.get('x-millrace-cache')).toBe('exact');
  expect(await streamed.text()).toContain('"cache":{"kind":"exact","similarity":1}');
});

it('what the client forbids is neither looked up nor kept', async () => {
  const own = { ...question, prompt: 'What is the capital of Spain?', max_tokens: 8 };
  expect((await ask(own, { 'cache-control': 'no-store' })).cache).toBeNull();
  expect((await ask({ ...own, cache: 'never' })).cache).toBeNull();
  expect((await ask(own)).cache).toBe('miss');
  expect((await ask(own, { 'cache-control': 'max-age=60, no-cache' })).cache).toBeNull();
});

it('what a job is made of is not looked up either where its creation forbids it, and its cost is shown', async () => {
  interface Job {
    readonly id: string;
    readonly cost: { readonly amount: string } | null;
    readonly result: Answer | null;
  }
  const run = async (headers?: Readonly<Record<string, string>>): Promise<Job> => {
    const made = await postJson(cluster, '/v1/jobs', { endpoint: '/v1/generate', body: question }, headers);
    const { id } = (await made.json()) as Job;
    const ended = await fetch(`${cluster.ingressUrl}/v1/jobs/${id}?wait=60s`, {
      headers: { authorization: `Bearer ${cluster.apiKey}` },
    });
    return (await ended.json()) as Job;
  };
  const hit = await run();
  expect(hit.result?.usage.cache).toMatchObject({ kind: 'exact' });
  expect(hit.cost?.amount).toBe('0.0000000000');
  const own = await run({ 'cache-control': 'no-store' });
  expect(own.result?.usage).toHaveProperty('output_tokens');
  expect(own.result?.usage.cache).toBeUndefined();
  expect(Number(own.cost?.amount)).toBeGreaterThan(0);
});

it('a response that is kept says so in its head as well, with its cost, and obeys', async () => {
  const body = {
    model: 'smollm2',
    input: 'What is the capital of Italy?',
    temperature: 0,
    max_output_tokens: 8,
  };
  const respond = async (headers?: Readonly<Record<string, string>>) => {
    const response = await postJson(cluster, '/v1/responses', body, headers);
    expect(response.status).toBe(200);
    const { usage } = (await response.json()) as Answer;
    const of = (name: string) => response.headers.get(`x-millrace-${name}`);
    return {
      header: of('cache'),
      cost: Number.parseFloat(of('cost') ?? 'NaN'),
      used: usage.cache !== undefined,
    };
  };
  const first = await respond();
  expect(first).toMatchObject({ header: 'miss', used: false });
  expect(first.cost).toBeGreaterThan(0);
  expect(await respond()).toEqual({ header: 'exact', cost: 0, used: true });
  expect(await respond({ 'cache-control': 'no-store' })).toEqual({
    header: null,
    cost: first.cost,
    used: false,
  });
});

it('tasks have it as well, each request as a whole', async () => {
  const texts = { text: ['a red apple', 'a blue car'] };
  expect((await ask(texts, {}, '/v1/embed')).cache).toBe('miss');
  const again = await ask(texts, {}, '/v1/embed');
  expect(again).toMatchObject({ cache: 'exact', answer: { results: [{}, {}] } });
  expect((await ask({ text: 'a red apple' }, {}, '/v1/embed')).cache).toBe('miss');
});

it('an answer to one that means about the same is given where the tenant wants it so', async () => {
  const drawn = { temperature: 0.8, max_tokens: 24 };
  const first = await ask({ ...drawn, prompt: 'How do I bake a loaf of bread at home?' });
  expect(first.cache).toBeNull();
  const near = await ask({ ...drawn, prompt: 'How do I bake a loaf of bread at home' });
  expect(near.cache).toMatch(/^semantic;similarity=(?:0\.9\d|1\.00)$/u);
  expect(near.answer.text).toBe(first.answer.text);
  expect(near.answer.usage.cache).toMatchObject({ kind: 'semantic' });
  const far = await ask({ ...drawn, prompt: 'How far away is the moon?' });
  expect(far.answer.usage.cache).toBeUndefined();
  const messages = [
    { role: 'system', content: 'Answer in French.' },
    { role: 'user', content: 'How do I bake a loaf of bread at home?' },
  ];
  expect((await ask({ ...drawn, messages })).answer.usage.cache).toBeUndefined();
});

/** The model says it word for word, in placeholders. */
const repeated = (phone: string): object => ({
  prompt: `Repeat this sentence word for word: The phone is ${phone}, the address is 10.0.0.7.`,
  temperature: 0,
  max_tokens: 60,
});

it('personal data in an answer is that of whoever asks now, though the earlier one asked the same', async () => {
  const first = await ask(repeated('+49 30 901820'));
  expect(first.answer.text).toContain('+49 30 901820');
  const second = await ask(repeated('+49 30 227 32152'));
  expect(second.cache).toBe('exact');
  expect(second.answer.text).toContain('+49 30 227 32152');
  expect(second.answer.text).not.toContain('901820');
  expect(second.answer.text).toBe(first.answer.text.replaceAll('+49 30 901820', '+49 30 227 32152'));
});

it('an answer from the cache is resumed over the WebSocket as any other', async () => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  client.send({ type: 'generate', id: 'cached', ...question });
  const end = await client.ended('cached');
  expect(end).toMatchObject({ type: 'completed', usage: { cache: { kind: 'exact', similarity: 1 } } });
  const requestId = await acceptedId(client, 'cached');
  const text = textOf(client, 'cached');
  await client.close();
  const other = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  other.send({ type: 'resume', request_id: requestId, after: 0 });
  expect(await other.ended(requestId)).toMatchObject({ usage: { cache: { kind: 'exact' } } });
  expect(textOf(other, requestId)).toBe(text);
  expect(numbersOf(other, requestId)).toEqual(range(1, end.seq ?? 0));
  await other.close();
});

it('the same request at the same time is generated once', async () => {
  const wanted = { prompt: 'Tell me about rivers.', cache: 'always', max_tokens: 24 };
  const answers = await Promise.all(Array.from({ length: 4 }, () => ask(wanted)));
  expect(new Set(answers.map(({ answer }) => answer.text)).size).toBe(1);
  expect(answers.filter(({ cache }) => cache === 'miss')).toHaveLength(1);
});
