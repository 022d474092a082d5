import { randomUUID } from 'node:crypto';
import { topics, type AnswerGiven } from '@millrace/contracts';
import { defaultTenant, type Cluster } from '@millrace/embedded';
import { kafkaIsHere, readTopicCommitted } from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInstantCluster } from '../support/instant-engine.ts';
import { startKafkaServers, type KafkaServers } from '../support/kafka-servers.ts';
import { kcatOrSkip } from '../support/kcat.ts';
import { runJava, runPythonExample } from '../support/other-languages.ts';

const requestTopic = 'support-requests';
const answerTopic = 'support-answers';
const jsonTopic = 'support-json';
const queue = 'support';
/** All of Kafka's servers share this machine. */
const eventually = { timeout: 240_000 };

const linesOf = (out: string): readonly unknown[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
const valuesOf = (out: string): readonly unknown[] =>
  linesOf(out).map((line) => (line as { readonly value: unknown }).value);
const answersOf = (out: string) => valuesOf(out) as readonly AnswerGiven[];
const chargesOf = (out: string) => valuesOf(out) as readonly Charge[];
const idsOf = (out: string): readonly string[] => out.trimEnd().split('\n');

// The programs as `examples/README.md` shows them.
describe.skipIf(!kafkaIsHere)('the examples', () => {
  let servers: KafkaServers;
  let cluster: Cluster;
  let kafkaEnv: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const shared = { tenant: defaultTenant, answers: answerTopic };
    servers = await startKafkaServers({
      entries: [
        { ...shared, pattern: requestTopic, queue: 'topic' },
        { ...shared, pattern: jsonTopic, queue: 'json', format: 'json', answersFormat: 'avro' },
      ],
      topics: { [requestTopic]: 2, [answerTopic]: 1, [jsonTopic]: 1 },
    });
    kafkaEnv = { KAFKA_BROKERS: servers.broker.brokers, SCHEMA_REGISTRY_URL: servers.registry.url };
    cluster = await startInstantCluster({
      processes: ['audit', 'auth-quota', 'billing', 'inference', 'ingress', 'mirrors', 'pii'],
      env: {
        ...servers.env,
        MILLRACE_SCHEMA_REGISTRY_TIMEOUT: '30s',
        MILLRACE_KAFKA_SESSION_TIMEOUT: '30s',
      },
    });
  });
  afterAll(async () => {
    await cluster?.stop();
    await servers?.stop();
  });

  it('Python asks a queue in NATS and reads the answers, whole and in pieces', async () => {
    const env = { NATS_URL: cluster.natsUrl };
    const own = ['--tenant', defaultTenant, '--queue', queue];
    const whole = idsOf(await runPythonExample('ask.py', { args: [...own, 'Hello', 'And again'], env }));
    const [pieces] = idsOf(await runPythonExample('ask.py', { args: [...own, '--chunks', 'Hello'], env }));
    const out = await runPythonExample('answers.py', { args: [...own, '--count', '3'], env });
    const answers = linesOf(out) as readonly AnswerGiven[];
    for (const id of whole)
      expect(answers.filter(({ correlation_id: each }) => each === id)).toMatchObject([
        {
          failure: null,
          kind: 'ANSWER',
          queue,
          results: [{ text: expect.stringMatching(/./u) }],
          usage: { output_tokens: expect.any(Number) },
        },
      ]);
    const inPieces = answers.filter(({ correlation_id: each }) => each === pieces);
    expect(inPieces.length).toBeGreaterThan(1);
    expect(inPieces.map(({ kind }) => kind)).toEqual([...inPieces.slice(1).map(() => 'CHUNK'), 'ANSWER']);
  });

  it('Python asks a topic of Kafka and reads the answers', async () => {
    const registry = ['--registry', servers.registry.url];
    const ids = idsOf(
      await runPythonExample('kafka_ask.py', {
        args: [requestTopic, ...registry, 'Hello', 'And again'],
        env: kafkaEnv,
      }),
    );
    const args = [answerTopic, ...registry, '--count', '2', '--timeout', '240'];
    const answers = answersOf(await runPythonExample('read_topic.py', { args, env: kafkaEnv }));
    expect(new Set(answers.map((answer) => answer.correlation_id))).toEqual(new Set(ids));
    expect(answers.map(({ kind, failure }) => ({ kind, failure }))).toEqual(
      ids.map(() => ({ kind: 'ANSWER', failure: null })),
    );
  });

  it('Python and Java read the ledger from NATS and from Kafka, the same', async () => {
    const env = { NATS_URL: cluster.natsUrl };
    const charged = () =>
      runPythonExample('read_stream.py', { args: ['BILLING', '--subject', 'mr.billing.charged.>'], env });
    await expect.poll(async () => idsOf(await charged()).length, eventually).toBeGreaterThanOrEqual(3);
    const expected = chargesOf(await charged());
    const reader = await readTopicCommitted(servers.broker.brokers, [topics.billing.name]);
    await expect.poll(() => reader.records.length, eventually).toBeGreaterThanOrEqual(expected.length);
    await reader.stop();

    const file = 'examples/java/ReadEvents.java';
    const found = await Promise.all([
      runPythonExample('read_topic.py', {
        args: [topics.billing.name, '--registry', servers.registry.url],
        env: kafkaEnv,
      }),
      runJava(file, { args: ['nats', 'BILLING'], env }),
      runJava(file, { args: ['kafka', topics.billing.name], env: kafkaEnv }),
    ]);
    for (const out of found) expect(byEntry(chargesOf(out))).toEqual(byEntry(expected));
  });

  it('kcat asks in JSON, and what it reads is decoded', async ({ skip }) => {
    const kcat = await kcatOrSkip();
    if (kcat === undefined) return skip();
    const id = randomUUID();
    const request = JSON.stringify({ correlation_id: id, input: 'Hello', parameters: { max_tokens: 8 } });
    await kcat(['-b', servers.broker.brokers, '-P', '-t', jsonTopic], `${request}\n`);
    const read = ['-C', '-t', answerTopic, '-e', '-q', '-X', 'isolation.level=read_committed', '-f', '%R%s'];
    await expect
      .poll(async () => {
        const input = await kcat(['-b', servers.broker.brokers, ...read]);
        const out = await runPythonExample('decode.py', {
          args: ['--registry', servers.registry.url],
          input,
        });
        return answersOf(out).map((answer) => answer.correlation_id);
      }, eventually)
      .toContain(id);
  });
});

const byEntry = (values: readonly Charge[]) => values.toSorted((a, b) => a.entry_number - b.entry_number);

interface Charge {
  readonly entry_number: number;
}
