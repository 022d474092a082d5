import { subjects } from '@millrace/contracts';
import { createScratchFolder, defaultTenant, type ScratchFolder } from '@millrace/embedded';
import { answering } from '@millrace/providers/scripted-upstream';
import { stopInReverse } from '@millrace/runtime';
import { kafkaIsHere, openStream } from '@millrace/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDeadLetters, untilDeadLetters } from '../support/dead-letters.ts';
import { collectEvidence, type Evidence } from '../support/evidence.ts';
import { farModel, startFarCluster, type FarCluster } from '../support/far-model.ts';
import { findValues } from '../support/find-values.ts';
import { createKnownValues } from '../support/known-values.ts';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import { postJson } from '../support/post-json.ts';
import { publishIntake, untilAnswered } from '../support/queues.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const poison = new URL('../chaos/fixtures/killed-by-prompt.mjs', import.meta.url).href;
const fewestValues = 200;

const topic = {
  pattern: 'orders.*',
  tenant: defaultTenant,
  queue: 'kafka',
  format: 'json',
  answers: 'answers',
};

const known = createKnownValues();
let far: FarCluster;
let folder: ScratchFolder;
let evidence: Evidence;
let receiver: WebhookReceiver;
let kafka: KafkaServers | undefined;

beforeAll(async () => {
  folder = await createScratchFolder();
  receiver = await startWebhookReceiver();
  if (kafkaIsHere)
    kafka = await startKafkaServers({ entries: [topic], topics: { 'orders.kafka': 1, answers: 1 } });
  far = await startFarCluster({
    env: {
      ...kafka?.env,
      MILLRACE_LOG_LEVEL: 'trace',
      MILLRACE_MAX_DELIVERIES: '2',
      MILLRACE_WEBHOOK_PRIVATE: 'true',
      MILLRACE_WEBHOOK_FIRST_PAUSE: '20ms',
      NODE_OPTIONS: `--import=${poison}`,
    },
    restartCrashed: true,
  });
  evidence = await collectEvidence(far.cluster, folder.path);
});
afterAll(() => stopInReverse([folder, receiver, ...(kafka === undefined ? [] : [kafka]), far]));

/** Sentences with values of the next types. */
const say = (place: string, count = 5): string =>
  known
    .take(place, count)
    .map(({ text }) => text)
    .join(' ');
/** A value alone, where no sentence stands. */
const one = (place: string): string => known.takePlain(place).value;

async function post(
  path: string,
  body: object,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await postJson(far.cluster, path, body, headers);
  const text = await response.text();
  expect({ path, status: response.status, text }).toMatchObject({ status });
  if (status >= 400) await evidence.keep('errors', text);
  return text;
}

it('writes no personal data anywhere', async ({ signal }) => {
  far.upstream.react(answering(say('an answer'), ' ', say('an answer in pieces')));
  await chat();
  await doTasks();
  await workLater(signal);
  await askByQueue(signal);
  await askByTopic(signal);
  await lookForData();
  await refuse();
  await deadLetterOne(signal);
  await evidence.finish();

  // The search finds what is there.
  const files = (await findValues(folder.path, [farModel, 'millrace_pii', '"service":'])).map(
    ({ file }) => file.split(/[ /]/u)[0],
  );
  expect(new Set(files)).toEqual(new Set(['bus', 'errors', 'logs', 'metrics', 'table']));
  const values = [...known.taken.keys()];
  expect(values.length).toBeGreaterThanOrEqual(fewestValues);
  const found = await findValues(folder.path, values);
  const places = found.map(({ value, file }) => `${known.taken.get(value)?.place}: ${value} in ${file}`);
  expect([...new Set(places)]).toEqual([]);

  const seen = JSON.stringify(far.upstream.calls.map(({ body }) => body));
  expect(far.upstream.calls.length).toBeGreaterThan(4);
  const leaked = [...known.taken.values()].filter(
    ({ value, isReplaced }) => isReplaced && seen.includes(value),
  );
  expect(leaked).toEqual([]);
});

/** All that a conversation may have. */
async function chat(): Promise<void> {
  const call = {
    name: 'look_up',
    arguments: JSON.stringify({ note: say('arguments of a call'), deep: [say('deep')] }),
  };
  const tools = [
    {
      type: 'function',
      function: {
        name: 'look_up',
        description: say('description of a tool'),
        parameters: {
          type: 'object',
          properties: { who: { type: 'string', default: say('default of a tool', 2) } },
        },
      },
    },
  ];
  const messages = [
    { role: 'system', content: say('system') },
    { role: 'user', content: say('user', 16) },
    {
      role: 'assistant',
      content: say('assistant'),
      tool_calls: [{ id: 'call_1', type: 'function', function: call }],
    },
    {
      role: 'tool',
      tool_call_id: 'call_1',
      content: JSON.stringify({ rows: [{ text: say('result of a tool') }] }),
    },
    { role: 'user', content: JSON.stringify({ payload: JSON.stringify({ text: say('JSON in a string') }) }) },
  ];
  const more = { user: one('user field'), metadata: { note: one('metadata') } };
  await post('/v1/chat/completions', { model: farModel, messages, tools, ...more });
  const simple = [{ role: 'user', content: say('streamed') }];
  await post(
    '/v1/chat/completions',
    { model: farModel, messages: simple, stream: true, stop: [one('stop')] },
    200,
    {
      'idempotency-key': one('idempotency key'),
      'x-request-id': one('request id'),
    },
  );
  await post('/v1/completions', { model: farModel, prompt: say('completion') });
  const input = [{ role: 'user', content: [{ type: 'input_text', text: say('input') }] }];
  await post('/v1/responses', {
    model: farModel,
    input,
    instructions: say('instructions'),
    metadata: { a: one('metadata of a response') },
  });
  const client = await openStream(far.cluster.edgeUrl, { apiKey: far.cluster.apiKey });
  const id = one('id of a socket');
  client.send({
    type: 'generate',
    id,
    idempotency_key: one('idempotency key of a socket'),
    model: farModel,
    prompt: say('socket'),
  });
  expect(await client.ended(id)).toMatchObject({ type: 'completed' });
  client.send(`{"type":"generate","id":"x","prompt":"${say('no JSON')}`);
  client.send({ type: 'generate', id: '2', prompt: [say('no text')] });
  client.send({ type: 'generate', id: '3', prompt: 'x', [one('unknown field')]: say('unknown value') });
  for (const each of ['2', '3']) await evidence.keep('errors', JSON.stringify(await client.ended(each)));
  await client.close();
}

async function doTasks(): Promise<void> {
  await post('/v1/summarize', { text: [say('summary'), say('second summary')], max_tokens: 8 });
  await post('/v1/translate', { text: say('translation'), target_language: 'French', max_tokens: 8 });
  await post('/v1/classify', { text: say('classified'), labels: [one('label'), 'other'] });
  await post('/v1/embed', { text: say('vector') });
  await post('/v1/embeddings', {
    input: [say('embedding')],
    model: 'all-minilm-l6-v2',
    user: one('user of embeddings'),
  });
  await post('/v1/generate', { prompt: say('generated'), max_tokens: 4 });
}

/** Jobs and batches, whose ends webhooks tell. */
async function workLater(signal: AbortSignal): Promise<void> {
  const webhook = { url: receiver.url };
  const body = { model: farModel, messages: [{ role: 'user', content: say('job') }] };
  await post(
    '/v1/jobs',
    { endpoint: '/v1/chat/completions', body, webhook, metadata: { who: one('metadata of a job') } },
    202,
  );
  const { client } = far;
  const line = (content: string, more: object = {}): string =>
    JSON.stringify({
      custom_id: one('custom id'),
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: farModel, messages: [{ role: 'user', content }], ...more },
    });
  const lines = [
    line(say('batch')),
    line(say('refused line'), { temperature: say('bad value of a line', 1) }),
  ];
  const file = await client.files.create({
    file: new File([lines.join('\n')], `${one('name of a file')}.jsonl`),
    purpose: 'batch',
  });
  const batch = {
    input_file_id: file.id,
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
    metadata: { who: one('metadata of a batch') },
    webhook,
  };
  await client.batches.create(batch);
  for (const { body: told } of await receiver.received(2, signal)) await evidence.keep('webhooks', told);
}

/** Its requests and answers are upstream's own; what is made of them is not. */
async function askByQueue(signal: AbortSignal): Promise<void> {
  const subject = subjects.intake(defaultTenant, 'orders');
  const before = await untilAnswered(far.cluster, defaultTenant, 0, signal);
  await publishIntake(far.cluster, subject, {
    input: say('queue'),
    model: farModel,
    metadata: { a: one('metadata of a queue') },
  });
  await publishIntake(far.cluster, subject, `{"input": "${say('no JSON in a queue')}`);
  await publishIntake(far.cluster, subject, {
    input: 'x',
    priority: one('bad priority'),
    [one('field of a queue')]: 1,
  });
  await untilAnswered(far.cluster, defaultTenant, before.length + 3, signal);
}

/** Keys of records are addresses, which their dead letters keep, and upstream's as well: they have none. */
async function askByTopic(signal: AbortSignal): Promise<void> {
  if (kafka === undefined) return;
  const before = await untilAnswered(far.cluster, defaultTenant, 0, signal);
  const record = (place: string, value: string) => ({
    key: place,
    value,
    headers: { note: one(`header of ${place}`) },
  });
  await kafka.producer.send({
    topic: 'orders.kafka',
    messages: [
      record(
        'a record',
        JSON.stringify({
          input: say('record'),
          model: farModel,
          metadata: { a: one('metadata of a record') },
        }),
      ),
      record('a broken record', `{"input": "${say('broken record')}`),
      record(
        'a wrong record',
        JSON.stringify({ input: 'x', answer: one('answer of a record'), [one('field of a record')]: 1 }),
      ),
    ],
  });
  await untilAnswered(far.cluster, defaultTenant, before.length + 3, signal);
}

async function lookForData(): Promise<void> {
  await post('/v1/pii/analyze', { text: say('analyzed', 16) });
  await post('/v1/pii/anonymize', { text: say('anonymized', 16) });
  await post('/v1/pii/analyze', { text: say('analyzed wrongly'), entities: [one('entity')] }, 400);
  await post('/v1/pii/anonymize', { text: [say('no text to anonymize')] }, 400);
}

/** What is wrong is not repeated. */
async function refuse(): Promise<void> {
  const messages = [{ role: 'user', content: say('refused') }];
  const path = '/v1/chat/completions';
  await post(path, { model: one('model'), messages }, 404);
  await post(path, { model: farModel, messages: say('messages') }, 400);
  await post(path, { model: farModel, messages: [{ role: one('role'), content: 'x' }] }, 400);
  await post(path, { model: farModel, messages, temperature: one('temperature') }, 400);
  await post(path, { model: farModel, messages, [one('name of a field')]: 1 }, 400);
  await post(
    path,
    { model: farModel, messages, metadata: { [one('name of metadata')]: { deep: one('deep metadata') } } },
    400,
  );
  await post('/v1/jobs', { endpoint: `/v1/${one('endpoint')}`, body: { prompt: say('body of a job') } }, 400);
  await post(
    '/v1/jobs',
    { endpoint: '/v1/generate', body: { prompt: say('wrong job'), max_tokens: one('tokens') } },
    400,
  );
  await post('/v1/generate', { prompt: say('too long').repeat(20_000) }, 413);
  await post(`/v1/${encodeURIComponent(one('path'))}`, {}, 404);
  const broken = await fetch(`${far.cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${far.cluster.apiKey}`, 'content-type': 'application/json' },
    body: `{"prompt": "${say('broken JSON')}", "stop": {"${one('broken name')}": 1}`,
  });
  await evidence.keep('errors', await broken.text());
  for (const place of ['jobs', 'files', 'batches', 'responses', 'models'])
    for (const query of ['/', '?after=']) {
      const url = `${far.cluster.ingressUrl}/v1/${place}${query}${encodeURIComponent(one(`${place}${query}`))}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${far.cluster.apiKey}` } });
      await evidence.keep('errors', await response.text());
    }
  const stranger = await fetch(`${far.cluster.ingressUrl}/v1/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${one('key')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: say('of a stranger') }),
  });
  expect(stranger.status).toBe(401);
  await evidence.keep('errors', await stranger.text());
  for (const [method, route, body] of [
    ['POST', 'tenants', { id: one('tenant'), name: one('name of a tenant') }],
    ['POST', 'erasures', { user: one('user to erase') }],
    ['PATCH', `tenants/${defaultTenant}/pii-policy`, { actions: { [one('type')]: one('action') } }],
    ['GET', `requests/${encodeURIComponent(one('request'))}`, undefined],
  ] as const) {
    const response = await fetch(`${far.cluster.adminUrl}/admin/v1/${route}`, {
      method,
      headers: {
        authorization: `Bearer ${far.cluster.apiKey}`,
        'content-type': 'application/json',
        'if-match': '*',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    await evidence.keep('errors', await response.text());
  }
}

/** A request that kills its worker each time. */
async function deadLetterOne(signal: AbortSignal): Promise<void> {
  const before = await readDeadLetters(far.cluster.platform);
  const prompt = `${say('dead letter')}: the words that kill`;
  await post('/v1/generate', { prompt, max_tokens: 4 }, 500);
  await untilDeadLetters(far.cluster.platform, before.length + 1, signal);
}
