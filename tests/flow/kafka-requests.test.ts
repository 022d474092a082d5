import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerGiven, DeadLetter } from '@millrace/contracts';
import { createTenant } from '@millrace/control-plane';
import type { Cluster } from '@millrace/embedded';
import { kafkaIsHere } from '@millrace/testkit';
import { readDeadLetters } from '../support/dead-letters.ts';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startKafkaServers, type KafkaServers, type TopicsEntry } from '../support/kafka-servers.ts';
import { recordOf, untilAnswered, type StoredAnswer } from '../support/queues.ts';

/** A tenant for each test: what it reads is its own. */
const tenants = [
  'json',
  'avro',
  'late',
  'chunks',
  'ordered',
  'bad',
  'poisoned',
  'away',
  'shared',
  'later',
] as const;
type Tenant = (typeof tenants)[number];

/** Those whose topics have several partitions. */
const spread: ReadonlySet<Tenant> = new Set(['ordered', 'shared']);
const answerTopics = ['answers.json', 'answers.avro', 'answers.c', 'pieces.c'];
const topicOf = (tenant: Tenant): string => `${tenant}.requests`;
const entries: readonly TopicsEntry[] = [
  {
    pattern: 'json.*',
    tenant: 'json',
    queue: 'work',
    format: 'json',
    answers: 'answers.json',
    priority: 'low',
  },
  { pattern: 'avro.*', tenant: 'avro', queue: 'work', answers: 'answers.avro' },
  { pattern: 'late.*', tenant: 'late', queue: 'work', format: 'json', deadline: '1ms' },
  {
    pattern: 'chunks.*',
    tenant: 'chunks',
    queue: 'work',
    format: 'json',
    answers: 'answers.c',
    chunks: 'pieces.c',
  },
  { pattern: 'ordered.*', tenant: 'ordered', queue: 'work', format: 'json', orderedByKey: true },
  { pattern: 'bad.*', tenant: 'bad', queue: 'work' },
  { pattern: 'poisoned.*', tenant: 'poisoned', queue: 'work' },
  { pattern: 'away.*', tenant: 'away', queue: 'work' },
  { pattern: 'shared.*', tenant: 'shared', queue: 'work', format: 'json' },
  { pattern: 'later.*', tenant: 'later', queue: 'work', format: 'json' },
];

const byCorrelation = (answers: readonly StoredAnswer[]): Map<string | null, AnswerGiven> =>
  new Map(answers.map(({ answer }) => [answer.correlation_id, answer]));
const ask = (input: string, more: object = {}): string =>
  JSON.stringify({ input, parameters: { max_tokens: 4 }, ...more });
const failed = (code: string, message: RegExp): object => ({
  kind: 'ERROR',
  transport: 'KAFKA',
  failure: { code, message: expect.stringMatching(message) as string, retryable: false },
});

describe.skipIf(!kafkaIsHere)('requests from topics of Kafka', () => {
  let servers: KafkaServers;
  let cluster: Cluster;

  beforeAll(async () => {
    servers = await startKafkaServers({
      entries,
      topics: {
        ...Object.fromEntries(tenants.map((tenant) => [topicOf(tenant), spread.has(tenant) ? 6 : 1])),
        ...Object.fromEntries(answerTopics.map((topic) => [topic, 1])),
      },
    });
    cluster = await startInstantCluster({
      processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'ingress-2', 'mirrors', 'pii'],
      env: servers.env,
    });
    for (const id of tenants) await createTenant(cluster.database, { id, requestsPerMinute: 1_000_000 });
  });
  afterAll(async () => {
    await cluster?.stop();
    await servers?.stop();
  });

  const answersOf = (tenant: Tenant, count: number, signal: AbortSignal): Promise<readonly StoredAnswer[]> =>
    untilAnswered(cluster, tenant, count, signal);
  const lettersOf = async (tenant: Tenant): Promise<readonly DeadLetter[]> =>
    (await readDeadLetters(cluster.platform)).filter((letter) => letter.tenant === tenant);

  it('are answered once each, in JSON, under the id that the header, the body or the key says', async ({
    signal,
  }) => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await servers.producer.send({
      topic: topicOf('json'),
      messages: [
        {
          key: 'k1',
          value: ask('Hello', { correlation_id: 'body' }),
          headers: { 'millrace-correlation-id': 'header', traceparent },
        },
        { key: 'k2', value: ask('Hello', { correlation_id: 'body' }) },
        { key: 'k3', value: ask('Hello') },
        { key: null, value: ask('Hello') },
      ],
    });
    const answers = await answersOf('json', 4, signal);
    expect(byCorrelation(answers)).toMatchObject(
      new Map(['header', 'body', 'k3', null].map((id) => [id, { correlation_id: id }])),
    );
    const first = answers.find(({ answer }) => answer.correlation_id === 'header');
    expect(first?.answer).toMatchObject({
      kind: 'ANSWER',
      transport: 'KAFKA',
      queue: 'work',
      failure: null,
      usage: { output_tokens: 4 },
    });
    expect(first?.headers).toMatchObject({
      'Content-Type': 'application/json',
      traceparent,
      'Millrace-Source-Topic': 'json.requests',
      'Millrace-Source-Partition': '0',
      'Millrace-Source-Offset': '0',
      'Millrace-Source-Key': Buffer.from('k1').toString('base64'),
    });

    const records = await servers.expectRecords('answers.json', 4);
    const given = records.map(({ value }) => JSON.parse(value?.toString() ?? '') as AnswerGiven);
    expect(new Set(given.map(({ request_id: id }) => id))).toEqual(
      new Set(answers.map(({ answer }) => answer.request_id)),
    );
    expect(records.find(({ key }) => key === 'k1')).toMatchObject({
      headers: {
        'millrace-kind': 'ANSWER',
        'millrace-correlation-id': 'header',
        'millrace-source-topic': 'json.requests',
        'millrace-source-offset': '0',
        traceparent,
      },
    });
  });

  it('are read in the Confluent wire format, whoever wrote them by which schema', async ({ signal }) => {
    const id = await servers.register('intake.requested', 'avro.requests-value');
    // Upstream's own: fewer fields, in another order, and one that we do not know.
    const theirs = await servers.registerTheirs(
      [
        { name: 'line', type: 'int' },
        { name: 'input', type: 'string' },
        { name: 'correlation_id', type: 'string' },
      ],
      'theirs-value',
    );
    const own = await servers.schemas.encode(id, { input: 'Hello', correlation_id: 'ours' });
    const other = await servers.schemas.encode(theirs, { line: 7, input: 'Hello', correlation_id: 'theirs' });
    await servers.producer.send({
      topic: topicOf('avro'),
      messages: [{ value: own }, { value: other }],
    });
    const answers = await answersOf('avro', 2, signal);
    expect(byCorrelation(answers)).toMatchObject(
      new Map([
        ['ours', { kind: 'ANSWER' }],
        ['theirs', { kind: 'ANSWER' }],
      ]),
    );
    expect(answers[0]?.headers['Content-Type']).toBe('application/vnd.millrace.avro');

    // The registry's own client reads them.
    const given = await Promise.all(
      (await servers.expectRecords('answers.avro', 2)).map(
        async ({ value }) => (await servers.schemas.decode(value ?? Buffer.alloc(0))) as AnswerGiven,
      ),
    );
    expect(given.map((answer) => answer.correlation_id)).toEqual(
      answers.map(({ answer }) => answer.correlation_id),
    );
  });

  it('expire by the deadline of the topic unless they say another', async ({ signal }) => {
    await servers.producer.send({
      topic: topicOf('late'),
      messages: [
        { key: 'late', value: ask('Hello') },
        { key: 'in time', value: ask('Hello'), headers: { 'Millrace-Deadline': '1h' } },
      ],
    });
    const answers = byCorrelation(await answersOf('late', 2, signal));
    expect(answers.get('late')).toMatchObject({ kind: 'ERROR', failure: { code: 'deadline_exceeded' } });
    expect(answers.get('in time')).toMatchObject({ kind: 'ANSWER' });
  });

  it('are answered in pieces where the topic has one for them', async ({ signal }) => {
    await servers.producer.send({
      topic: topicOf('chunks'),
      messages: [
        { key: 'pieces', value: ask('Hello') },
        { key: 'whole', value: ask('Hello'), headers: { 'Millrace-Answer': 'whole' } },
      ],
    });
    const answers = await answersOf('chunks', 2, signal);
    const kinds = (id: string): string[] =>
      answers.filter(({ answer }) => answer.correlation_id === id).map(({ answer }) => answer.kind);
    expect(kinds('whole')).toEqual(['ANSWER']);
    expect(kinds('pieces').length).toBeGreaterThan(1);
    expect(kinds('pieces').at(-1)).toBe('ANSWER');

    const pieces = await servers.expectRecords('pieces.c', kinds('pieces').length - 1);
    expect(
      pieces.map(({ key, headers }) => [key, headers['millrace-kind'], headers['millrace-number']]),
    ).toEqual(pieces.map((_, index) => ['pieces', 'CHUNK', String(index + 1)]));
    const ends = await servers.expectRecords('answers.c', 2);
    expect(new Set(ends.map(({ key }) => key))).toEqual(new Set(['pieces', 'whole']));
  });

  it('of one key are answered in their order where the topic asks for it', async ({ signal }) => {
    const keys = ['a', 'b', 'c', 'd'];
    const messages = Array.from({ length: 80 }, (_, index) => ({
      key: keys[index % keys.length] ?? null,
      value: ask(`Number ${index}`, { metadata: { index: String(index) } }),
    }));
    await servers.producer.send({ topic: topicOf('ordered'), messages });
    const answers = await answersOf('ordered', messages.length, signal);
    const orderOf = (key: string): number[] =>
      answers
        .filter(({ answer }) => answer.correlation_id === key)
        .map(({ answer }) => Number(answer.metadata['index']));
    expect(answers).toHaveLength(messages.length);
    for (const key of keys) expect(orderOf(key)).toEqual(orderOf(key).toSorted((a, b) => a - b));
  });

  it('that are none are put aside with their reason and place, answered with an error, and passed over', async ({
    signal,
  }) => {
    const topic = topicOf('bad');
    const id = await servers.register('intake.requested', 'bad.requests-value');
    const other = await servers.register('key.revoked', 'other-value');
    const good = await servers.schemas.encode(id, { input: 'Hello', correlation_id: 'good' });
    const foreign = await servers.schemas.encode(other, { key_id: 'k', at: 1 });
    const unknown = Buffer.from(good);
    unknown.writeUInt32BE(3_999_999, 1);
    await servers.producer.send({
      topic,
      messages: [
        { key: 'json', value: '{"input":"Hello"}' },
        { key: 'short', value: Buffer.from([0, 1]) },
        { key: 'unknown', value: unknown },
        { key: 'foreign', value: foreign },
        { key: 'cut', value: good.subarray(0, good.length - 3) },
        { key: 'tombstone', value: null },
        { key: 'header', value: good, headers: { 'Millrace-Deadline': Buffer.from([0xff, 0x0a]) } },
        { key: 'large', value: Buffer.concat([good, Buffer.alloc(3 * 1024 * 1024)]) },
        { value: good },
      ],
    });
    const answers = byCorrelation(await answersOf('bad', 9, signal));
    expect(answers).toMatchObject(
      new Map([
        ['good', { kind: 'ANSWER' }],
        [
          'json',
          failed(
            'invalid_value',
            /not Avro in the Confluent wire format.*bad\.requests, partition 0, offset 0/u,
          ),
        ],
        ['short', failed('invalid_value', /has 2 bytes/u)],
        ['unknown', failed('invalid_type', /404/u)],
        ['foreign', failed('invalid_type', /cannot be read as a intake\.requested/u)],
        ['cut', failed('invalid_value', /cannot be decoded/u)],
        ['tombstone', failed('missing_value', /a tombstone is no request/u)],
        ['header', failed('invalid_value', /Millrace-Deadline must be one line/u)],
        ['large', failed('payload_too_large', /3145\d+ bytes, 3145728 are allowed/u)],
      ]),
    );
    const letters = await lettersOf('bad');
    expect(letters.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7,
    ]);
    expect(letters[0]).toMatchObject({ stage: 'ingress', stream: 'KAFKA/bad.requests/0' });
  });

  it('a thousand bad ones in a row do not stop the one behind them', async ({ signal }) => {
    const topic = topicOf('poisoned');
    const id = await servers.register('intake.requested', 'poisoned.requests-value');
    const good = await servers.schemas.encode(id, { input: 'Hello', correlation_id: 'good' });
    await servers.producer.send({
      topic,
      messages: [
        ...Array.from({ length: 1_000 }, (_, index) => ({ key: `bad ${index}`, value: 'no Avro' })),
        { key: 'good', value: good },
      ],
    });
    const answers = await answersOf('poisoned', 1_001, signal);
    expect(answers.filter(({ answer }) => answer.kind === 'ANSWER')).toHaveLength(1);
    // Whoever sent a bad one is told by its key, once.
    const told = answers.filter(({ answer }) => answer.kind === 'ERROR');
    expect(new Set(told.map(({ answer }) => answer.correlation_id))).toEqual(
      new Set(Array.from({ length: 1_000 }, (_, index) => `bad ${index}`)),
    );
    const letters = await lettersOf('poisoned');
    expect(new Set(letters.map(({ sequence }) => sequence)).size).toBe(1_000);
    expect(new Set(letters.map((letter) => letter.delivery_count))).toEqual(new Set([1]));
  });

  it('wait while the registry is away and go on when it is back, and those in JSON do not wait', async ({
    signal,
  }) => {
    const id = await servers.register('intake.requested', 'away.requests-value');
    // A schema that ingress has not asked for yet.
    const another = await servers.registerTheirs([{ name: 'input', type: 'string' }], 'another-value');
    const value = await servers.schemas.encode(another, { input: 'Hello' });
    const known = await servers.schemas.encode(id, { input: 'Hello' });
    await servers.registry.kill();
    await servers.producer.send({
      topic: topicOf('away'),
      messages: [
        { key: 'one', value },
        { key: 'two', value: known },
      ],
    });
    await servers.producer.send({
      topic: topicOf('late'),
      messages: [{ key: 'meanwhile', value: ask('Hi'), headers: { 'Millrace-Deadline': '1h' } }],
    });
    const others = await answersOf('late', 3, signal);
    expect(byCorrelation(others).get('meanwhile')).toMatchObject({ kind: 'ANSWER' });
    // The other one may be stored already: whoever has read its schema before needs no registry.
    expect(byCorrelation(await answersOf('away', 0, signal)).has('one')).toBe(false);
    expect(await lettersOf('away')).toHaveLength(0);

    await servers.registry.start();
    const answers = byCorrelation(await answersOf('away', 2, signal));
    expect(answers).toMatchObject(
      new Map([
        ['one', { kind: 'ANSWER' }],
        ['two', { kind: 'ANSWER' }],
      ]),
    );
  });

  it('are answered once each while a member of the group leaves and comes back, NATS is away, and the broker restarts', async ({
    signal,
  }) => {
    const topic = topicOf('shared');
    const before = await answersOf('shared', 0, signal);
    expect(before).toHaveLength(0);
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      const messages = Array.from({ length: count }, () => ({ key: `r${(sent += 1)}`, value: ask('Hello') }));
      await servers.producer.send({ topic, messages });
    };
    await send(100);
    await cluster.process('ingress-2').kill();
    await send(100);
    await cluster.process('ingress-2').start();
    await send(100);
    await cluster.nats.kill();
    await send(100);
    await cluster.nats.start();
    await send(100);
    await servers.broker.kill();
    await servers.broker.start();
    await send(100);
    // What the producer has sent again, as the ack of the broker was lost with it, is another record and another request.
    const records = await servers.countRecords(topic);
    const answers = await answersOf('shared', records, signal);
    expect(answers).toHaveLength(records);
    expect(new Set(answers.map(recordOf)).size).toBe(records);
    expect(new Set(answers.map(({ answer }) => answer.correlation_id)).size).toBe(sent);
    expect(new Set(answers.map(({ answer }) => answer.kind))).toEqual(new Set(['ANSWER']));
    expect(await lettersOf('shared')).toHaveLength(0);
  });

  it('are found in a topic that is made later', async ({ signal }) => {
    await servers.admin.createTopics({
      topics: [{ topic: 'later.made', numPartitions: 1 }],
      waitForLeaders: false,
    });
    await servers.producer.send({
      topic: 'later.made',
      messages: [{ key: 'later', value: ask('Hello') }],
    });
    const answers = byCorrelation(await answersOf('later', 1, signal));
    expect(answers.get('later')).toMatchObject({ kind: 'ANSWER' });
  });
});
