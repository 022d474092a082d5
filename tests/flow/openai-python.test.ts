import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { readClosings } from '../support/result-log.ts';
import { pythonPackages, runPython } from '../support/python-packages.ts';
import { startTestCluster } from '../support/test-cluster.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';

const model = 'smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'What is the capital of France?' }] as const;
const question = { model, messages: [...messages], temperature: 0, seed: 1, max_completion_tokens: 24 };
const webhookSecret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

let cluster: Cluster;
let client: OpenAI;
let packages: string;

beforeAll(async () => {
  packages = await pythonPackages('openai==3.57.0');
  cluster = await startTestCluster({ env: { MILLRACE_WEBHOOK_PRIVATE: 'true' } });
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 0 });
});

afterAll(() => cluster.stop());

/** Runs a script of `tests/support/python` with the package as it comes from PyPI. @returns what it has reported */
async function run(
  script: string,
  { at = cluster, env = {}, args = [] }: Partial<RunOptions> = {},
): Promise<unknown> {
  const path = fileURLToPath(new URL(`../support/python/${script}.py`, import.meta.url));
  const endpoint = { API_KEY: at.apiKey, BASE_URL: `${at.ingressUrl}/v1` };
  return JSON.parse(await runPython(packages, path, args, { ...endpoint, ...env }));
}

interface RunOptions {
  readonly at: Cluster;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const answered = async (): Promise<OpenAI.ChatCompletion> => client.chat.completions.create(question);

const refusal = (name: string, status: number, code: string, param: string | null = null): object => ({
  class: name,
  status,
  code,
  param,
  has_request_id: true,
});

it('chat, structured output, completions, embeddings and models are what the package for Node sees', async () => {
  const { choices, usage } = await answered();
  const text = choices[0]?.message.content;
  expect(await run('chat')).toEqual({
    whole: text,
    streamed: text,
    helper: [text, 'stop'],
    usage: [usage?.total_tokens, usage?.total_tokens],
    parsed: 'City',
    completion_is_its_stream: true,
    dimensions: 384,
    models: ['all-minilm-l6-v2', model],
    model,
  });
});

it('files go up and come back, batches run to each of their ends', async ({ signal }) => {
  const receiver = await startWebhookReceiver();
  try {
    const env = { WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: webhookSecret };
    const { completed, ...seen } = (await run('batches', { env })) as { readonly completed: string };
    expect(seen).toMatchObject({
      file: ['größe.jsonl', 'batch', expect.any(Number), 'processed', true],
      created: ['batch', 'validating', { kind: 'test' }],
      counts: { total: 3, completed: 2, failed: 1 },
      output: [
        ['a', 200, null],
        ['c', 200, null],
      ],
      texts: [true, true],
      errors: [['b', 'messages']],
      cancelled: ['cancelling', 'cancelled'],
      broken: ['failed', [[1, 'invalid_json_line']]],
      batches: true,
      deleted: true,
      gone: refusal('NotFoundError', 404, 'request_not_found', 'file_id'),
      no_file: refusal('NotFoundError', 404, 'request_not_found', 'input_file_id'),
    });
    const [received] = await receiver.received(1, signal);
    expect(await run('webhook', { env, args: [JSON.stringify(received)] })).toEqual({
      event: 'BatchCompletedWebhookEvent',
      type: 'batch.completed',
      batch: completed,
      forged: 'InvalidWebhookSignatureError',
    });
  } finally {
    await receiver.stop();
  }
});

it('responses come whole, as events, later, and are cancelled and gone on behind', async () => {
  const { output_text: text } = await client.responses.create({
    model,
    input: messages[0].content,
    temperature: 0,
    max_output_tokens: 24,
  });
  expect(await run('responses')).toEqual({
    whole: ['response', 'completed', { kind: 'test' }, text],
    streamed: text,
    helped: text,
    numbers: true,
    types: ['response.created', 'response.completed'],
    resumed: true,
    queued: true,
    background: ['completed', text],
    cancelled: ['cancelled', true],
    behind: [true, ['user', 'assistant', 'user']],
    parsed: 'Answer',
    gone: refusal('NotFoundError', 404, 'request_not_found', 'response_id'),
    refused: refusal('BadRequestError', 400, 'unsupported_value', 'reasoning'),
  });
});

it('errors have their classes, and a stream that is left cancels its request', async () => {
  const { classes, connections, left } = (await run('errors', {
    env: { NOBODY_URL: 'http://127.0.0.1:9/v1' },
  })) as { classes: unknown; connections: unknown; left: readonly string[] };
  expect(classes).toEqual([
    refusal('BadRequestError', 400, 'unsupported_value', 'audio'),
    refusal('BadRequestError', 400, 'invalid_value', 'temperature'),
    refusal('AuthenticationError', 401, 'invalid_api_key'),
    refusal('NotFoundError', 404, 'model_not_found', 'model'),
    refusal('NotFoundError', 404, 'request_not_found', 'response_id'),
    refusal('UnprocessableEntityError', 422, 'idempotency_key_reused', 'Idempotency-Key'),
  ]);
  expect(connections).toEqual(['APITimeoutError', 'APIConnectionError']);
  for (const id of left) {
    const requestId = id.slice('chatcmpl-'.length);
    await expect
      .poll(() => readClosings(cluster.platform, defaultTenant, requestId), { timeout: 60_000 })
      .toMatchObject([{ outcome: 'CANCELLED' }]);
  }
});

it('what can be tried again is, after the time that the platform says', async () => {
  const limited = await startTestCluster({ tenantLimits: { maxInFlight: 1 } });
  try {
    expect(await run('retries', { at: limited })).toEqual({
      refused: refusal('RateLimitError', 429, 'too_many_in_flight'),
      first: 429,
      last: 200,
      reason: 'length',
    });
  } finally {
    await limited.stop();
  }
});
