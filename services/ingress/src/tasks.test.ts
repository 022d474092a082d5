import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { taskAnswerSchema } from '@millrace/endpoints';
import { compileValidator } from '@millrace/runtime';
import type { TaskOperation } from '@millrace/stage';
import { startTestNats } from '@millrace/testkit';
import { allEventsOf, startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

const labels = ['a', 'b'];
const scores = {
  labels: [
    { label: 'b', score: 0.75 },
    { label: 'a', score: 0.25 },
  ],
};

/** Asks for a task, and plays its answer in these pieces. */
async function ask(task: TaskOperation, body: object, pieces: readonly string[], finishReason = 'stop') {
  const client = ingress.client();
  const posted = client.post({ text: 'Hello', ...body }, { path: `/v1/${task}` });
  const writer = await client.nextRequest();
  await writer.masked({ EMAIL_1: 'ada@example.com' });
  await writer.attempt(1);
  for (const piece of pieces) await writer.chunk(piece);
  await writer.finish(
    finishReason === 'cancelled' ? { outcome: 'CANCELLED', finish_reason: 'cancelled' } : {},
  );
  return { response: await posted, requestId: writer.requestId };
}

test.each([
  ['summarize', {}, ['To <EMA', 'IL_1>.'], { text: 'To ada@example.com.', finish_reason: 'stop' }],
  ['translate', { target_language: 'French' }, ['Bon', 'jour'], { text: 'Bonjour', finish_reason: 'stop' }],
  ['classify', { labels }, [JSON.stringify(scores)], scores],
] as const)('%s is answered with a list of results', async (task, body, pieces, result) => {
  const { response, requestId } = await ask(task, body, pieces);
  expect(response.status).toBe(200);
  expect(response.headers.get('x-request-id')).toBe(requestId);
  const answer: unknown = await response.json();
  expect(compileValidator(taskAnswerSchema(task))(answer)).toMatchObject({
    request_id: requestId,
    model: 'test-model',
    results: [result],
    usage: { input_tokens: 3 },
  });
});

test('a summary comes as server-sent events where that is asked for; labels never do', async () => {
  const { response } = await ask('summarize', { stream: true }, ['one ', 'two']);
  expect((await allEventsOf(response)).map(({ event }) => event)).toEqual(['chunk', 'chunk', 'completed']);
  const client = ingress.client();
  const refused = await client.post({ text: 'x', labels, stream: true }, { path: '/v1/classify' });
  expect(await refused.json()).toMatchObject({ error: { code: 'invalid_value', param: 'stream' } });
});

test('what is cancelled half-way keeps its text, and has no labels', async () => {
  const summary = await ask('summarize', {}, ['half'], 'cancelled');
  expect(await summary.response.json()).toMatchObject({
    results: [{ text: 'half', finish_reason: 'cancelled' }],
  });
  const { response } = await ask('classify', { labels }, [], 'cancelled');
  expect(response.status).toBe(499);
  expect(await response.json()).toMatchObject({ error: { code: 'cancelled' } });
});

test('what is wrong with a body is said with field, value and what is allowed', async () => {
  const client = ingress.client();
  for (const [task, body, param, message] of [
    ['classify', { text: 'x' }, 'labels', /labels is missing/],
    ['classify', { text: 'x', labels: ['a', 'a'] }, 'labels[1]', /labels must differ/],
    ['translate', { text: 'x', target_language: '7' }, 'target_language', /target_language is "7": it must/],
    ['summarize', { text: 'x', max_words: 1.5 }, 'max_words', /max_words is 1.5: it must be a whole number/],
    ['embed', { text: 'x', model: 'test-model' }, 'model', /"test-model", which can generate, summarize/],
    ['embed', { text: 'x' }, 'model', /No model is loaded that can embed/],
    ['embed', { text: 'x', labels }, 'labels', /the fields are model, text, priority, timeout_ms/],
  ] as const) {
    const response = await client.post(body, { path: `/v1/${task}` });
    const error = { param, message: expect.stringMatching(message) as string };
    expect(await response.json()).toMatchObject({ error });
    expect([400, 404]).toContain(response.status);
  }
  const other = await fetch(`${ingress.url}/v1/classify`);
  expect(other.status).toBe(405);
});
