import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { connectNats } from '@millrace/bus';
import {
  bucketDefinitions,
  natsUsersConfig,
  readSchemaFiles,
  schemaFolder,
  streamDefinitions,
  subjects,
} from '@millrace/contracts';
import { schemaChanges } from '@millrace/contracts/testing';
import {
  bodyOfSingleObject,
  kafkaSettings,
  openKafka,
  openSchemaRegistry,
  registrySettings,
  writeWireFormat,
} from '@millrace/kafka';
import { createLogger, readSettings } from '@millrace/runtime';
import {
  kafkaIsHere,
  startTestKafka,
  startTestNats,
  startTestRegistry,
  type TestKafka,
  type TestNats,
  type TestRegistry,
} from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJava, runPythonExample } from '../support/other-languages.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const files = readSchemaFiles();
const reader = 'examples/java/ReadEvents.java';

interface Golden {
  readonly record: string;
  readonly bytes: Buffer;
  readonly schema: (typeof files)[number]['schema'];
  readonly value: unknown;
}
let golden: readonly Golden[];
let nats: TestNats;

beforeAll(async () => {
  golden = await Promise.all(
    files.map(async ({ name, version, schema }) => {
      const text = await readFile(path.join(schemaFolder, 'fixtures', `${name}.v${version}.json`), 'utf8');
      const { bytes, value } = JSON.parse(text) as { readonly bytes: string; readonly value: unknown };
      const record = (schema as { readonly name: string }).name;
      return {
        record: `millrace.${record}`,
        bytes: Buffer.from(bytes, 'base64'),
        schema,
        value: plain(value),
      };
    }),
  );
  nats = await startTestNats(
    natsUsersConfig(
      (user) => `"password-of-${user}"`,
      ['{ user: observer, password: "password-of-observer" }'],
    ),
  );
  const url = nats.url.replace('nats://', 'nats://observer:password-of-observer@');
  const bus = await connectNats({ url, name: 'test', logger });
  await bus.provision(streamDefinitions(), bucketDefinitions);
  for (const { bytes } of golden) await bus.publish({ subject: subjects.recorded('acme'), payload: bytes });
  await bus.stop();
});
afterAll(() => nats.stop());

/** As the programs print it: bytes are hexadecimal. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const { type, data } = value as { readonly type?: unknown; readonly data?: readonly number[] };
  if (type === 'Buffer' && data !== undefined) return Buffer.from(data).toString('hex');
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

const expected = () => golden.map(({ value }) => value);
const valuesOf = (out: string): readonly unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly value: unknown }).value);

/** Each message behind its length. */
function framed(): Buffer {
  return Buffer.concat(
    golden.flatMap(({ bytes }) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
const asAnalyst = () => ({ NATS_URL: nats.url, NATS_USER: 'analyst', NATS_PASSWORD: 'password-of-analyst' });

describe('Python (fastavro) decodes every version of every schema', () => {
  it('from the golden messages', async () => {
    expect(valuesOf(await runPythonExample('decode.py', { input: framed() }))).toEqual(expected());
  });

  it('from NATS', async () => {
    const out = await runPythonExample('read_stream.py', { args: ['AUDIT'], env: asAnalyst() });
    expect(valuesOf(out)).toEqual(expected());
  });
});

describe.skipIf(!kafkaIsHere)("Java (Avro's own library) decodes every version of every schema", () => {
  it('from the golden messages', async () => {
    expect(valuesOf(await runJava(reader, { args: ['stdin'], input: framed() }))).toEqual(expected());
  });

  it('from NATS', async () => {
    const out = await runJava(reader, { args: ['nats', 'AUDIT'], env: asAnalyst() });
    expect(valuesOf(out)).toEqual(expected());
  });

  it('and finds the same changes breaking as we do, where we are not stricter', async () => {
    const input = schemaChanges.map(({ older, newer }) => `${JSON.stringify({ older, newer })}\n`).join('');
    const out = await runJava('tests/support/java/Compatibility.java', { input });
    const found = out
      .trimEnd()
      .split('\n')
      .map((line, index) => ({
        title: schemaChanges[index]?.title,
        ...(JSON.parse(line) as { readonly backward: boolean; readonly forward: boolean }),
      }));
    expect(found).toEqual(
      schemaChanges.map(({ title, backward, forward, isStricter = false }) => ({
        title,
        backward: isStricter || backward.length === 0,
        forward: isStricter || forward.length === 0,
      })),
    );
  });
});

describe.skipIf(!kafkaIsHere)('from Kafka, in the wire format of a registry and as single objects', () => {
  let kafka: TestKafka;
  let registry: TestRegistry;

  beforeAll(async () => {
    [kafka, registry] = await Promise.all([startTestKafka(), startTestRegistry()]);
    const settings = readSettings(
      { ...kafkaSettings, ...registrySettings },
      {
        MILLRACE_KAFKA_BROKERS: kafka.brokers,
        MILLRACE_SCHEMA_REGISTRY_URL: registry.url,
        MILLRACE_SCHEMA_REGISTRY_TIMEOUT: '60s',
      },
    );
    const schemas = openSchemaRegistry(settings);
    const client = await openKafka(settings, logger);
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        { topic: 'wire', numPartitions: 1 },
        { topic: 'objects', numPartitions: 1 },
      ],
    });
    await admin.disconnect();
    const signal = AbortSignal.timeout(120_000);
    const wire = [];
    for (const { record, bytes, schema } of golden) {
      const schemaId = await schemas.idOf(record, schema, signal);
      wire.push({ value: writeWireFormat({ schemaId, body: bodyOfSingleObject(bytes) }) });
    }
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic: 'wire', messages: wire });
    await producer.send({ topic: 'objects', messages: golden.map(({ bytes }) => ({ value: bytes })) });
    await producer.disconnect();
    await schemas.stop();
  });
  afterAll(async () => {
    await Promise.all([kafka.stop(), registry.stop()]);
  });

  it('Python', async () => {
    const env = { KAFKA_BROKERS: kafka.brokers };
    const args = ['wire', '--registry', registry.url];
    expect(valuesOf(await runPythonExample('read_topic.py', { args, env }))).toEqual(expected());
    expect(valuesOf(await runPythonExample('read_topic.py', { args: ['objects'], env }))).toEqual(expected());
  });

  it('Java', async () => {
    const env = { KAFKA_BROKERS: kafka.brokers, SCHEMA_REGISTRY_URL: registry.url };
    expect(valuesOf(await runJava(reader, { args: ['kafka', 'wire'], env }))).toEqual(expected());
    expect(valuesOf(await runJava(reader, { args: ['kafka', 'objects'], env }))).toEqual(expected());
  });
});
