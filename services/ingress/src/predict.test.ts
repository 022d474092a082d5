import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { predictAnswerSchema } from '@millrace/endpoints';
import { compileValidator } from '@millrace/runtime';
import { startTestNats } from '@millrace/testkit';
import { allEventsOf, startIngressTest, type IngressTest } from './ingress.fixture.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const path = '/v1/predict';
const validateAnswer = compileValidator(predictAnswerSchema);
let ingress: IngressTest;

beforeAll(async () => {
  ingress = await startIngressTest(await startTestNats());
});

afterAll(() => ingress.stop());

/** Asks, and plays the answer in these pieces. */
async function predict(body: object, pieces: readonly string[]) {
  const client = ingress.client();
  const posted = client.post(body, { path });
  const writer = await client.nextRequest();
  await writer.attempt(1);
  for (const piece of pieces) await writer.chunk(piece);
  await writer.finish();
  return { response: await posted, requestId: writer.requestId };
}

const scores = { labels: [{ label: 'b', score: 1 }] };

test.each([
  [{ task: 'generate', input: 'Hi', parameters: { max_tokens: 4 } }, 'Hello', { text: 'Hello' }],
  [{ task: 'summarize', input: 'Long.', parameters: { max_words: 2 } }, 'Short.', { text: 'Short.' }],
  [
    { task: 'translate', input: ['Hello'], parameters: { target_language: 'French' } },
    'Salut',
    { text: 'Salut' },
  ],
  [
    { task: 'classify', input: 'x', parameters: { labels: ['a', 'b'], top_k: 1 } },
    JSON.stringify(scores),
    scores,
  ],
])('%j is answered with results and what is known of them', async (body, text, result) => {
  const before = Math.floor(Date.now() / 1_000);
  const { response, requestId } = await predict({ model: 'test', ...body }, [text]);
  const answer = (await response.json()) as { readonly created: number };
  expect(validateAnswer(answer)).toMatchObject({
    task: body.task,
    request_id: requestId,
    model: 'test-model',
    model_version: '1',
    results: [result],
    usage: { input_tokens: 3 },
    timings: { total_ms: 4 },
  });
  expect(answer.created).toBeGreaterThanOrEqual(before);
});

test('an answer in text comes as events where that is asked for', async () => {
  const { response } = await predict({ task: 'generate', input: 'Hi', stream: true }, ['one ', 'two']);
  expect((await allEventsOf(response)).map(({ event }) => event)).toEqual(['chunk', 'chunk', 'completed']);
});

test.each([
  [{}, 'task', /^task is missing: it must be one of "generate", "summarize"/],
  [{ task: 'sing' }, 'task', /^task is "sing": it must be one of/],
  [{ task: 'embed' }, 'input', /^input is missing/],
  [{ task: 'summarize', text: 'x', input: 'x' }, 'text', /^text is not a field/],
  [{ task: 'classify', input: 'x' }, 'parameters', /^parameters is missing/],
  [{ task: 'classify', input: 'x', parameters: {} }, 'parameters.labels', /^parameters\.labels is missing/],
  [
    { task: 'classify', input: 'x', parameters: { labels: ['a', 'a'] } },
    'parameters.labels[1]',
    /^parameters\.labels\[1\] is the same/,
  ],
  [
    { task: 'classify', input: 'x', parameters: { labels: ['a', 'b'] }, stream: true },
    'stream',
    /^stream is/,
  ],
  [{ task: 'summarize', input: ['x', ' '] }, 'input[1]', /^input\[1\] is blank/],
  [{ task: 'summarize', input: 'x', parameters: { max_words: 0 } }, 'parameters.max_words', /from 1 to 4000/],
  [{ task: 'generate', input: ['x'] }, 'input', /^input is/],
  [{ task: 'generate', input: 'x', parameters: { prompt: 'y' } }, 'parameters.prompt', /not a field/],
])('%j is refused with the name that the field has here', async (body, param, message) => {
  const response = await ingress.client().post(body, { path });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { param, message: expect.stringMatching(message) as string },
  });
});

test.each([
  ['/v1/embeddings', { model: 'test', input: ['x'] }, 'model'],
  [path, { task: 'generate', input: 'x', parameters: { max_tokens: 99_999 } }, 'parameters.max_tokens'],
  [
    '/v1/chat/completions',
    { model: 'test', messages: [{ role: 'user', content: 'x' }], max_completion_tokens: 99_999 },
    'max_completion_tokens',
  ],
])('what is wrong beyond the schema of %s has the name that the client gave it', async (at, body, param) => {
  const response = await ingress.client().post(body, { path: at });
  expect(await response.json()).toMatchObject({
    error: { param, message: expect.stringContaining(param) as string },
  });
});

test.each([false, true])('a later stage names a field as the client does (stream: %s)', async (stream) => {
  const client = ingress.client();
  const posted = client.post({ task: 'summarize', input: ['x'], stream }, { path });
  const writer = await client.nextRequest();
  await writer.finish({
    outcome: 'REJECTED',
    failure: {
      code: 'context_length_exceeded',
      message: 'text[0] is too long.',
      param: 'text[0]',
      retryable: false,
      retry_after_ms: null,
    },
  });
  expect(await (await posted).json()).toMatchObject({
    error: { param: 'input[0]', message: 'input[0] is too long.' },
  });
});
