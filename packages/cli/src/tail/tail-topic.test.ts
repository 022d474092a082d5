import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSchemaFiles, schemaFolder } from '@millrace/contracts';
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
  startTestRegistry,
  type TestKafka,
  type TestRegistry,
} from '@millrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../run-cli.ts';

const name = 'billing.charged';
const topic = 'charges';

describe.skipIf(!kafkaIsHere)('tail --topic', () => {
  let kafka: TestKafka;
  let registry: TestRegistry;
  let env: Readonly<Record<string, string>>;
  let groups: () => Promise<readonly string[]>;
  let disconnect: () => Promise<void>;

  beforeAll(async () => {
    [kafka, registry] = await Promise.all([startTestKafka(), startTestRegistry()]);
    env = {
      MILLRACE_KAFKA_BROKERS: kafka.brokers,
      MILLRACE_SCHEMA_REGISTRY_URL: registry.url,
      MILLRACE_SCHEMA_REGISTRY_TIMEOUT: '60s',
    };
    const settings = readSettings({ ...kafkaSettings, ...registrySettings }, env);
    const client = await openKafka(settings, createLogger({ service: 'test', level: 'silent' }));
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    groups = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId);
    disconnect = () => admin.disconnect();

    const text = await readFile(path.join(schemaFolder, 'fixtures', `${name}.v3.json`), 'utf8');
    const bytes = Buffer.from((JSON.parse(text) as { readonly bytes: string }).bytes, 'base64');
    const schema = readSchemaFiles().findLast((file) => file.name === name)?.schema ?? 'null';
    const schemas = openSchemaRegistry(settings);
    const schemaId = await schemas.idOf(`${topic}-value`, schema, AbortSignal.timeout(60_000));
    await schemas.stop();
    const values = [
      writeWireFormat({ schemaId, body: bodyOfSingleObject(bytes) }),
      bytes,
      Buffer.from('{"correlation_id":"k1"}'),
      null,
      Buffer.from('neither'),
      writeWireFormat({ schemaId: 9_999, body: Buffer.from('x') }),
    ];
    const producer = client.producer();
    await producer.connect();
    await producer.send({ topic, messages: values.map((value) => ({ value })) });
    await producer.disconnect();
  });
  afterAll(async () => {
    await disconnect();
    await Promise.all([kafka.stop(), registry.stop()]);
  });

  async function run(line: string) {
    const written = { out: '', error: '' };
    const exitCode = await runCli({
      args: line.split(' '),
      environment: env,
      catalogue: [],
      writeOut: (text) => (written.out += text),
      writeError: (text) => (written.error += text),
      isTerminal: false,
    });
    return { exitCode, ...written };
  }

  it('decodes whatever its records are, and leaves no group behind', async () => {
    const { exitCode, out, error } = await run(`tail --topic ${topic} --json`);
    expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
    const place = { stream: topic, subject: 'partition 0', stored_at: expect.any(String) as string };
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { ...place, sequence: 0, schema: name, version: 3, value: { amount: '-1234.0000056789' } },
      { sequence: 1, schema: name, version: 3 },
      { sequence: 2, schema: 'json', value: { correlation_id: 'k1' } },
      { sequence: 3, schema: 'json', value: null },
      { sequence: 4, error: { code: 'message_corrupt' } },
      { sequence: 5, error: { code: 'schema_unknown' } },
    ]);
    expect(await groups()).toEqual([]);
  });

  it('begins where it is told, and ends with the last', async () => {
    const since = await run(`tail --topic ${topic} --since #2 --limit 2 --json`);
    expect(since.out.match(/"sequence":\d/gu)).toEqual(['"sequence":2', '"sequence":3']);
    const last = await run(`tail --topic ${topic} --limit 1`);
    expect(last.out).toContain(`${topic} #5  partition 0  `);
    expect(await run('tail --topic nothing')).toMatchObject({
      exitCode: 1,
      error: 'There is no topic nothing.\n',
    });
  });
});
