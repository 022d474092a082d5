import { subjects, type AnswerGiven } from '@millrace/contracts';
import { createTenant } from '@millrace/control-plane';
import type { Cluster } from '@millrace/embedded';
import { kafkaIsHere } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import { emptyRequest, noParameters, untilAnswered } from '../support/queues.ts';

/** A tenant for each test: what it reads is its own. `nobody` is not there at first. */
const tenants = ['ranged', 'unknown', 'slow', 'plain'] as const;
const nobody = 'nobody';
const topicOf = (tenant: string): string => `${tenant}.requests`;
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const patiently = { timeout: 60_000, interval: 200 };
const group = 'millrace';

type Letter = Readonly<Record<string, unknown>>;

// Ingress comes to the broker by TLS and a user here.
describe.skipIf(!kafkaIsHere)('records of topics that cannot be asked', () => {
  let servers: KafkaServers;
  let cluster: Cluster;

  beforeAll(async () => {
    const all = [...tenants, nobody];
    servers = await startKafkaServers({
      entries: all.map((tenant) => ({
        pattern: topicOf(tenant),
        tenant,
        queue: 'work',
        ...(tenant === 'plain' && { format: 'json' }),
      })),
      topics: Object.fromEntries(all.map((tenant) => [topicOf(tenant), 1])),
      isSecured: true,
    });
    cluster = await startInstantCluster({
      processes: ['admin', 'audit', 'auth-quota', 'billing', 'inference', 'ingress', 'jobs', 'pii'],
      env: servers.env,
    });
    for (const id of tenants) await createTenant(cluster.database, { id, requestsPerMinute: 1_000_000 });
  });
  afterAll(async () => {
    await cluster?.stop();
    await servers?.stop();
  });

  async function admin(method: string, place: string, body?: object): Promise<Letter> {
    const response = await fetch(`${cluster.adminUrl}/admin/v1/dead-letters${place}`, {
      method,
      headers: {
        authorization: `Bearer ${cluster.apiKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Letter;
    expect(answer).not.toHaveProperty('error');
    return answer;
  }

  /** Waits until the queue of a tenant has so many letters that nobody has decided on. */
  async function lettersOf(tenant: string, count = 1): Promise<readonly Letter[]> {
    let found: readonly Letter[] = [];
    await expect
      .poll(async () => {
        const { data } = (await admin('GET', '?stage=ingress&limit=100')) as unknown as {
          readonly data: readonly Letter[];
        };
        found = data.filter(({ subject }) => String(subject).startsWith(subjects.intake(tenant, 'work')));
        return found.length;
      }, patiently)
      .toBe(count);
    return found;
  }

  async function replay(letter: Letter | undefined, status: string): Promise<Letter> {
    const id = String(letter?.['id']);
    await admin('POST', `/${id}/replay`, {});
    let shown: Letter = {};
    await expect
      .poll(async () => {
        shown = await admin('GET', `/${id}`);
        return shown['status'];
      }, patiently)
      .toBe(status);
    return shown;
  }

  const answersOf = async (
    tenant: string,
    count: number,
    signal: AbortSignal,
  ): Promise<readonly AnswerGiven[]> => {
    const answers = await untilAnswered(cluster, tenant, count, signal);
    return answers.map(({ answer }) => answer);
  };

  it('since a field is out of range, or the content too large, are answered with why, and do not come again', async ({
    signal,
  }) => {
    const id = await servers.register('intake.requested', 'ranged.requests-value');
    const encode = (more: object) => servers.schemas.encode(id, { ...emptyRequest, input: 'Hello', ...more });
    await servers.producer.send({
      topic: topicOf('ranged'),
      messages: [
        { value: await encode({ correlation_id: 'many', parameters: { ...noParameters, max_tokens: 0 } }) },
        { value: await encode({ correlation_id: 'large', input: 'x'.repeat(1024 * 1024 + 1) }) },
        { value: await encode({ correlation_id: 'model', model: 'none' }) },
        { value: await encode({ correlation_id: 'good' }) },
      ],
    });
    const answers = await answersOf('ranged', 4, signal);
    expect(
      new Map(
        answers.map(({ correlation_id: name, failure }) => [name, [failure?.code, failure?.param ?? null]]),
      ),
    ).toEqual(
      new Map([
        ['many', ['invalid_value', 'parameters.max_tokens']],
        ['large', ['payload_too_large', 'input']],
        ['model', ['model_not_found', 'model']],
        ['good', [undefined, null]],
      ]),
    );
    const letters = await lettersOf('ranged', 3);
    expect(letters.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1]);
    const committed = async () => {
      const topics = await servers.admin.fetchOffsets({ groupId: group, topics: [topicOf('ranged')] });
      return topics.flatMap(({ partitions }) => partitions.map(({ offset }) => offset));
    };
    await expect.poll(committed, patiently).toEqual(['4']);
    await expect
      .poll(async () => (await cluster.platform.bus.streamState('INTAKE')).messages, patiently)
      .toBe(0);
  });

  it('since their tenant is not there are answered once it is, when they are replayed', async ({
    signal,
  }) => {
    const id = await servers.register('intake.requested', 'nobody.requests-value');
    const value = await servers.schemas.encode(id, { ...emptyRequest, input: 'Hello' });
    await servers.producer.send({
      topic: topicOf(nobody),
      messages: [{ key: 'k', value, headers: { traceparent: trace } }],
    });
    const [refused] = await answersOf(nobody, 1, signal);
    expect(refused).toMatchObject({
      kind: 'ERROR',
      correlation_id: 'k',
      failure: { code: 'permission_denied' },
    });
    const [letter] = await lettersOf(nobody);
    expect(letter).toMatchObject({ tenant: null, replay: 'intake', request_id: refused?.request_id });

    await createTenant(cluster.database, { id: nobody, requestsPerMinute: 1_000_000 });
    await replay(letter, 'replayed');
    const [, answer] = await answersOf(nobody, 2, signal);
    expect(answer).toMatchObject({ kind: 'ANSWER', correlation_id: 'k', replay_of: refused?.request_id });
    await lettersOf(nobody, 0);
  });

  it('since the registry lacks their schema are answered once it has it, when they are replayed', async ({
    signal,
  }) => {
    const before = await servers.registerTheirs([{ name: 'input', type: 'string' }], 'before-value');
    const next = before + 1;
    const value = await servers.schemas.encode(before, { input: 'Hello' });
    value.writeUInt32BE(next, 1);
    await servers.producer.send({
      topic: topicOf('unknown'),
      messages: [
        {
          value,
          headers: { 'Millrace-Correlation-Id': 'order-7', 'Millrace-Deadline': '1h', traceparent: trace },
        },
      ],
    });
    const [refused] = await untilAnswered(cluster, 'unknown', 1, signal);
    expect(refused?.answer).toMatchObject({
      kind: 'ERROR',
      correlation_id: 'order-7',
      failure: { code: 'invalid_type' },
    });
    expect(refused?.headers).toMatchObject({ traceparent: trace, 'Millrace-Source-Offset': '0' });
    const [letter] = await lettersOf('unknown');
    expect(letter).toMatchObject({ tenant: 'unknown', stream: 'KAFKA/unknown.requests/0', replay: 'intake' });

    expect(await replay(letter, 'open')).toMatchObject({
      failure: expect.stringMatching(/^schema_unknown: .*404/u),
    });
    // Its sender is not told of what was tried.
    expect(await answersOf('unknown', 1, signal)).toHaveLength(1);

    const sameButForItsDoc = [{ name: 'input', type: 'string', doc: 'What is asked.' }];
    expect(await servers.registerTheirs(sameButForItsDoc, 'next-value')).toBe(next);
    await servers.registry.kill();
    await admin('POST', `/${String(letter?.['id'])}/replay`, {});
    await expect
      .poll(async () => (await admin('GET', `/${String(letter?.['id'])}`))['status'], patiently)
      .toBe('replaying');
    await servers.registry.start();
    const [, answer] = await untilAnswered(cluster, 'unknown', 2, signal);
    expect(answer?.answer).toMatchObject({
      kind: 'ANSWER',
      correlation_id: 'order-7',
      replay_of: refused?.answer.request_id,
    });
    expect(answer?.headers).toMatchObject({
      traceparent: trace,
      'Millrace-Source-Topic': 'unknown.requests',
      'Millrace-Source-Offset': '0',
    });
  });

  it('for now, as the registry is slow, wait for it: none is put aside, and other topics go on', async ({
    signal,
  }) => {
    const id = await servers.registerTheirs(
      [
        { name: 'input', type: 'string' },
        { name: 'correlation_id', type: 'string' },
      ],
      'slow-value',
    );
    const value = await servers.schemas.encode(id, { input: 'Hello', correlation_id: 'slow' });
    servers.registry.pause();
    try {
      await servers.producer.send({ topic: topicOf('slow'), messages: [{ value }] });
      await servers.producer.send({
        topic: topicOf('plain'),
        messages: [{ key: 'plain', value: JSON.stringify({ input: 'Hello' }) }],
      });
      expect(await answersOf('plain', 1, signal)).toMatchObject([{ kind: 'ANSWER' }]);
      await expect
        .poll(async () => (await fetch(`${cluster.ingressUrl}/metrics`)).text(), patiently)
        .toMatch(/^millrace_kafka_paused_partitions 1$/mu);
    } finally {
      servers.registry.resume();
    }
    expect(await answersOf('slow', 1, signal)).toMatchObject([{ kind: 'ANSWER', correlation_id: 'slow' }]);
    await lettersOf('slow', 0);
  });
});
