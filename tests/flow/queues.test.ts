import { subjects } from '@millrace/contracts';
import { createTenant } from '@millrace/control-plane';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDeadLetters } from '../support/dead-letters.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import {
  emptyRequest,
  noParameters,
  publishIntake,
  untilAnswered,
  type StoredAnswer,
} from '../support/queues.ts';

let cluster: Cluster;
let tenants = 0;

beforeAll(async () => {
  cluster = await startInstantCluster({
    processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'pii'],
  });
});

afterAll(() => cluster.stop());

async function newTenant(
  limits: { readonly requestsPerMinute?: number; readonly maxInFlight?: number } = {},
): Promise<string> {
  tenants += 1;
  const id = `upstream-${tenants}`;
  await createTenant(cluster.database, { id, requestsPerMinute: 1_000_000, ...limits });
  return id;
}

const only = (answers: readonly StoredAnswer[]): StoredAnswer => {
  expect(answers).toHaveLength(1);
  return answers[0] as StoredAnswer;
};

it('answers a request in JSON once, in JSON, with all that its sender calls it by', async ({ signal }) => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const body = {
    correlation_id: 'order-17',
    input: 'Hello',
    parameters: { max_tokens: 8 },
    metadata: { line: '4' },
  };
  const before = await untilAnswered(cluster, defaultTenant, 0, signal);
  await publishIntake(cluster, subjects.intake(defaultTenant, 'orders'), body, {
    traceparent,
    'Content-Type': 'application/json',
    'Millrace-Source-Row': '17',
  });
  const answers = await untilAnswered(cluster, defaultTenant, before.length + 1, signal);
  const { answer, headers, subject } = only(answers.slice(before.length));
  const { request_id: requestId } = answer;
  expect(subject).toBe(subjects.answer(defaultTenant, 'orders', requestId));
  expect(answer).toMatchObject({
    correlation_id: 'order-17',
    tenant: defaultTenant,
    queue: 'orders',
    transport: 'NATS',
    kind: 'ANSWER',
    number: 0,
    operation: 'generate',
    model: 'instant',
    finish_reason: 'length',
    usage: { output_tokens: 8 },
    failure: null,
    metadata: { line: '4' },
  });
  expect(headers).toMatchObject({
    traceparent,
    'Content-Type': 'application/json',
    'Millrace-Correlation-Id': 'order-17',
    'Millrace-Request-Id': requestId,
    'Millrace-Kind': 'ANSWER',
    'Millrace-Source-Row': '17',
  });
  await expectAnsweredOnce(cluster, { requestId, text: answer.results[0]?.text ?? '' }, signal);
  await expect.poll(async () => (await cluster.platform.bus.streamState('INTAKE')).messages).toBe(0);
});

it('answers in numbered chunks and then the end, in Avro, each behind the one before', async ({ signal }) => {
  const tenant = await newTenant();
  const { bus, codec } = cluster.platform;
  const payload = codec.encode('intake.requested', {
    ...emptyRequest,
    correlation_id: 'avro',
    input: 'Hello',
    answer: 'chunks',
    parameters: { ...noParameters, max_tokens: 12 },
  });
  await bus.publish({ subject: subjects.intake(tenant, 'stories'), payload });
  const answers = await untilAnswered(cluster, tenant, 1, signal);
  const numbers = answers.map(({ answer }) => [answer.kind, answer.number]);
  const count = answers.length - 1;
  expect(count).toBeGreaterThan(0);
  expect(numbers).toEqual([
    ...Array.from({ length: count }, (_, index) => ['CHUNK', index + 1]),
    ['ANSWER', count],
  ]);
  expect(answers.map(({ headers }) => headers['Content-Type'])).toEqual(
    answers.map(() => 'application/vnd.millrace.avro'),
  );
  const text = answers.map(({ answer }) => answer.results[0]?.text ?? '').join('');
  expect(text.length).toBeGreaterThan(0);
  expect(answers.at(-1)?.answer).toMatchObject({
    correlation_id: 'avro',
    results: [{ index: 0, text: null, finish_reason: 'length' }],
    usage: { output_tokens: 12 },
  });
});

it('does each operation, for a list of texts too', async ({ signal }) => {
  const tenant = await newTenant();
  await publishIntake(cluster, subjects.intake(tenant, 'texts'), {
    operation: 'summarize',
    input: ['One text.', 'Another.'],
    parameters: { max_words: 4 },
  });
  const { answer } = only(await untilAnswered(cluster, tenant, 1, signal));
  expect(answer).toMatchObject({ kind: 'ANSWER', operation: 'summarize' });
  expect(answer.results.map(({ index }) => index)).toEqual([0, 1]);
});

it.for([
  ['what is not JSON', '{"input"', {}, 'invalid_json', null],
  [
    'Avro of an unknown schema',
    Buffer.from('c301000102030405060708', 'hex').toString('latin1'),
    {},
    'invalid_type',
    null,
  ],
  [
    'a field that is out of range',
    { input: 'x', correlation_id: 'c', parameters: { max_tokens: 0 } },
    {},
    'invalid_value',
    'parameters.max_tokens',
  ],
  ['a field that is unknown', { inputs: 'x', correlation_id: 'c' }, {}, 'invalid_value', 'inputs'],
  [
    'a parameter that is none',
    { input: 'x', correlation_id: 'c', parameters: { stream: true } },
    {},
    'invalid_value',
    'parameters.stream',
  ],
  ['two contents', { input: 'x', correlation_id: 'c', messages: [] }, {}, 'conflicting_values', 'messages'],
  ['no content', { correlation_id: 'c' }, {}, 'missing_value', 'input'],
  ['an unknown model', { input: 'x', correlation_id: 'c', model: 'none' }, {}, 'model_not_found', 'model'],
  [
    'an unknown priority',
    { input: 'x', correlation_id: 'c' },
    { 'Millrace-Priority': 'urgent' },
    'invalid_value',
    'Millrace-Priority',
  ],
  [
    'too much content',
    { input: 'x'.repeat(1024 * 1024 + 1), correlation_id: 'c' },
    {},
    'payload_too_large',
    'input',
  ],
] as const)(
  'puts %s aside, tells the sender and goes on',
  async ([, body, headers, code, param], { signal }) => {
    const tenant = await newTenant();
    const subject = subjects.intake(tenant, 'bad');
    const payload =
      typeof body === 'string' ? Buffer.from(body, 'latin1') : Buffer.from(JSON.stringify(body));
    await cluster.platform.bus.publish({
      subject,
      payload,
      headers: { 'millrace-correlation-id': 'c', ...headers },
    });
    await publishIntake(cluster, subject, { input: 'Hello', correlation_id: 'good' });
    const answers = await untilAnswered(cluster, tenant, 2, signal);
    const byId = new Map(answers.map(({ answer }) => [answer.correlation_id, answer]));
    expect(byId.get('good')).toMatchObject({ kind: 'ANSWER' });
    const bad = byId.get('c');
    expect(bad).toMatchObject({ kind: 'ERROR', results: [], failure: { code, param, retryable: false } });
    const letters = (await readDeadLetters(cluster.platform)).filter((letter) => letter.tenant === tenant);
    expect(letters).toMatchObject([
      { stage: 'ingress', code, stream: 'INTAKE', subject, request_id: bad?.request_id },
    ]);
    expect(letters[0]?.reason).toBe(bad?.failure?.message);
    expect(letters[0]?.reason).not.toContain('xxxx');
  },
);

it('puts a thousand bad messages in a row aside, and answers what comes behind them', async ({ signal }) => {
  const tenant = await newTenant();
  const subject = subjects.intake(tenant, 'poisoned');
  await Promise.all(
    Array.from({ length: 1_000 }, (_, index) =>
      publishIntake(cluster, subject, `no ${index}`, { 'Millrace-Correlation-Id': `bad ${index}` }),
    ),
  );
  await publishIntake(cluster, subject, { input: 'Hello', correlation_id: 'behind' });
  const answers = await untilAnswered(cluster, tenant, 1_001, signal);
  const good = answers.filter(({ answer }) => answer.kind === 'ANSWER');
  expect(good.map(({ answer }) => answer.correlation_id)).toEqual(['behind']);
  const letters = (await readDeadLetters(cluster.platform)).filter((letter) => letter.tenant === tenant);
  expect(new Set(letters.map(({ sequence }) => sequence)).size).toBe(1_000);
  expect(letters).toHaveLength(1_000);
  const told = answers.filter(({ answer }) => answer.kind === 'ERROR');
  expect(new Set(told.map(({ answer }) => answer.correlation_id)).size).toBe(1_000);
  await expect.poll(async () => (await cluster.platform.bus.streamState('INTAKE')).messages).toBe(0);
});

it('refuses a tenant that is not there', async ({ signal }) => {
  const tenant = 'nobody';
  await publishIntake(cluster, subjects.intake(tenant, 'q'), { input: 'Hello' });
  const { answer } = only(await untilAnswered(cluster, tenant, 1, signal));
  expect(answer).toMatchObject({ kind: 'ERROR', failure: { code: 'permission_denied' } });
});

it('lets what is past its deadline expire, without asking for it', async ({ signal }) => {
  const tenant = await newTenant();
  const subject = subjects.intake(tenant, 'late');
  await publishIntake(cluster, subject, { input: 'Hello', deadline_at: '2020-01-01T00:00:00Z' });
  await publishIntake(cluster, subject, { input: 'Hello' }, { 'Millrace-Deadline': '2020-01-01T00:00:00Z' });
  const answers = await untilAnswered(cluster, tenant, 2, signal);
  for (const { answer } of answers)
    expect(answer).toMatchObject({ kind: 'ERROR', failure: { code: 'deadline_exceeded' } });
  const { bus } = cluster.platform;
  expect(await bus.lastMessage('CLOSED', subjects.closed(tenant, '*'))).toBeUndefined();
});

it('answers two messages with one idempotency key out of one request', async ({ signal }) => {
  const tenant = await newTenant();
  const subject = subjects.intake(tenant, 'keyed');
  const headers = { 'Idempotency-Key': 'same' };
  for (const correlationId of ['one', 'two'])
    await publishIntake(cluster, subject, { input: 'Hello', correlation_id: correlationId }, headers);
  const answers = await untilAnswered(cluster, tenant, 2, signal);
  expect(new Set(answers.map(({ answer }) => answer.request_id)).size).toBe(1);
  expect(new Set(answers.map(({ answer }) => answer.correlation_id))).toEqual(new Set(['one', 'two']));
  const [first, second] = answers;
  expect(first?.answer.results).toEqual(second?.answer.results);
});

it('leaves what is over a rate limit in its queue until it fits, or its deadline has come', async ({
  signal,
}) => {
  const tenant = await newTenant({ requestsPerMinute: 2 });
  const subject = subjects.intake(tenant, 'limited');
  for (let index = 0; index < 6; index += 1)
    await publishIntake(cluster, subject, {
      input: 'Hello',
      correlation_id: String(index),
      timeout_ms: 4_000,
    });
  const answers = await untilAnswered(cluster, tenant, 6, signal);
  const kinds = Map.groupBy(answers, ({ answer }) => answer.kind);
  expect(kinds.get('ANSWER')?.length).toBeGreaterThanOrEqual(2);
  for (const { answer } of kinds.get('ERROR') ?? [])
    expect(['rate_limit_exceeded', 'deadline_exceeded']).toContain(answer.failure?.code);
});

it('answers all that is in a queue of a tenant who may have only one request in flight', async ({
  signal,
}) => {
  const tenant = await newTenant({ maxInFlight: 1 });
  const subject = subjects.intake(tenant, 'narrow');
  for (let index = 0; index < 10; index += 1) await publishIntake(cluster, subject, { input: 'Hello' });
  const answers = await untilAnswered(cluster, tenant, 10, signal);
  expect(answers.map(({ answer }) => answer.kind)).toEqual(answers.map(() => 'ANSWER'));
});

it('does the requests of a lane one after the other, in their order', async ({ signal }) => {
  const tenant = await newTenant();
  const subject = subjects.intake(tenant, 'ordered', 3);
  const ids = Array.from({ length: 20 }, (_, index) => `n${index}`);
  for (const id of ids)
    await publishIntake(cluster, subject, {
      input: 'Hello',
      correlation_id: id,
      parameters: { max_tokens: 4 },
    });
  const answers = await untilAnswered(cluster, tenant, ids.length, signal);
  expect(answers.map(({ answer }) => answer.correlation_id)).toEqual(ids);
  const { bus, codec } = cluster.platform;
  const closings = [];
  for await (const { payload } of bus.read('CLOSED', subjects.closed(tenant, '*')))
    closings.push(codec.decode('request.closed', payload).request_id);
  expect(closings).toEqual(answers.map(({ answer }) => answer.request_id));
});

async function metricsPage(): Promise<string> {
  return (await fetch(`${cluster.ingressUrl}/metrics`)).text();
}

it('counts what is in flight, waits and has ended', async () => {
  await expect.poll(metricsPage).toMatch(/^millrace_intake_oldest_seconds 0$/mu);
  const text = await metricsPage();
  expect(text).toMatch(/^millrace_intake_ended_total\{transport="NATS",outcome="answered"\} [1-9]/mu);
  expect(text).toMatch(/^millrace_intake_ended_total\{transport="NATS",outcome="rejected"\} 1\d{3}$/mu);
  expect(text).toMatch(/^millrace_intake_in_flight 0$/mu);
});
