import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  controlKeys,
  createCodec,
  mirrorStateTopic,
  readSchemaFiles,
  subjects,
  topics,
  type EventTypes,
  type SchemaName,
} from '@millrace/contracts';
import { createTenant } from '@millrace/control-plane';
import { readWireFormat } from '@millrace/kafka';
import { toPublished } from '@millrace/pricing';
import { closingOf, publishClosing, readAll } from '@millrace/stage/testing';
import { tenants } from '@millrace/store';
import {
  kafkaIsHere,
  readTopicCommitted,
  startTestRegistry,
  type TestRegistry,
  type TopicReader,
} from '@millrace/testkit';
import { eq } from '@millrace/store/sql';
import type { MirroredRecord } from './mirrored-record.ts';
import { openMirrorWriter, type MirrorWriter } from './mirror-writer.ts';
import { clientOf, startScene, type Replica, type Scene } from './scene.fixture.ts';

const owner = (mirror: string): string => `millrace_mirror_owner{mirror="${mirror}"}`;
const codec = createCodec();
/** Servers are started anew in between, which takes as long as it takes. */
const patience = { timeout: 120_000 };
const testMs = 600_000;
const price = {
  model: 'model',
  version: 1,
  modelVersion: null,
  currency: 'EUR',
  inputPerMillion: '1',
  cachedInputPerMillion: null,
  outputPerMillion: '2',
  charactersInPerMillion: '0',
  charactersOutPerMillion: '0',
  perRequest: '0',
  perSecond: '0',
  cachedAnswer: '0',
  validFrom: 0,
  validUntil: null,
};

const recordOf = (key: string): MirroredRecord => ({
  topic: 'fenced',
  key,
  value: Buffer.from(key),
  headers: {},
  timestamp: 1,
});

async function owns(replica: Replica, mirror: string): Promise<void> {
  await expect.poll(() => replica.sample(owner(mirror)), patience).toBe(1);
}

describe.skipIf(!kafkaIsHere)('the mirrors', { timeout: testMs }, () => {
  let scene: Scene;
  const replicas: Replica[] = [];
  const readers: TopicReader[] = [];

  beforeAll(async () => {
    scene = await startScene();
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.stop();
    for (const replica of replicas.splice(0)) await replica.stop();
  });
  afterAll(() => scene?.stop());

  const start = async (env?: Readonly<Record<string, string>>): Promise<Replica> => {
    const replica = await scene.start(env);
    replicas.push(replica);
    return replica;
  };
  const read = async (...names: string[]): Promise<TopicReader> => {
    const reader = await readTopicCommitted(scene.kafka.brokers, names);
    readers.push(reader);
    return reader;
  };
  const publishClosings = async (count: number): Promise<void> => {
    const closings = Array.from({ length: count }, (_, index) => closingOf(`tenant-${index % 7}`));
    await Promise.all(closings.map((closing) => publishClosing(scene.bus, codec, closing)));
  };
  /** Each message of the stream is one record, byte for byte, and those of a tenant are in the order of the stream. */
  const expectEqual = async (reader: TopicReader, stream: string, filter = '>'): Promise<void> => {
    const stored = await readAll(scene.bus.read(stream, filter));
    await expect.poll(() => reader.records.length, patience).toBeGreaterThanOrEqual(stored.length);
    const mirrored = reader.records.map(({ key, value, headers }) => ({
      key,
      sequence: Number(headers['millrace-sequence']),
      value: value?.toString('base64'),
    }));
    const byKey = Map.groupBy(mirrored, ({ key }) => key);
    const expected = Map.groupBy(
      stored.map(({ sequence, payload, subject }) => ({
        key: subject.split('.')[3] ?? '',
        sequence,
        value: Buffer.from(payload).toString('base64'),
      })),
      ({ key }) => key,
    );
    expect(byKey).toEqual(expected);
  };

  it('write each closing once, in the order of its tenant, as it is in the stream', async () => {
    await publishClosings(1_000);
    const replica = await start();
    await owns(replica, 'requests');
    const reader = await read(topics.requests.name);
    await publishClosings(1_000);
    await expectEqual(reader, 'CLOSED');
    const [first] = reader.records;
    expect(first?.headers).toMatchObject({
      'millrace-event': 'request.closed.v4',
      'millrace-stream': 'CLOSED',
      'millrace-request-id': codec.decode('request.closed', first?.value ?? Buffer.alloc(0)).request_id,
    });
    await expect.poll(() => replica.sample('millrace_mirror_lag_messages{mirror="requests"}')).toBe(0);
  });

  it('go on where they were, and write nothing twice, however they end', async () => {
    await publishClosings(100);
    const first = await start();
    await owns(first, 'requests');
    const reader = await read(topics.requests.name);
    await expectEqual(reader, 'CLOSED');
    await first.stop();
    await publishClosings(500);
    const second = await start();
    await owns(second, 'requests');
    await publishClosings(100);
    await expectEqual(reader, 'CLOSED');
    expect(await second.sample('millrace_mirror_missed_total{mirror="requests"}')).toBe(0);
  });

  it('wait while the broker is away, say how far they are behind, and go on', async () => {
    const replica = await start();
    await owns(replica, 'requests');
    const reader = await read(topics.requests.name);
    await publishClosings(300);
    await scene.kafka.kill();
    await publishClosings(200);
    await expect.poll(() => replica.service.ready(), patience).toMatch(/^the mirror \w+: /u);
    await scene.kafka.start();
    await expectEqual(reader, 'CLOSED');
    await expect.poll(() => replica.service.ready(), patience).toBeUndefined();
  });

  it('are run by one replica at a time, and by another one when it ends', async () => {
    const first = await start();
    await owns(first, 'requests');
    const second = await start();
    const both = async (): Promise<unknown> => [
      await first.sample(owner('requests')),
      (await second.sample(owner('requests'))) ?? 0,
    ];
    const reader = await read(topics.requests.name);
    await publishClosings(200);
    await expectEqual(reader, 'CLOSED');
    expect(await both()).toEqual([1, 0]);
    await first.stop();
    await owns(second, 'requests');
    await publishClosings(200);
    await expectEqual(reader, 'CLOSED');
  });

  it('charges, adjustments and audit records: in the topic of their kind, what concerns budgets in none', async () => {
    const tenant = 'ledger';
    const charged = sampleOf('billing.charged', { tenant });
    const adjusted = sampleOf('billing.adjusted', { tenant });
    const recorded = sampleOf('audit.recorded', { tenant });
    const { bus } = scene;
    await bus.publish({
      subject: subjects.charged(tenant),
      payload: codec.encode('billing.charged', charged),
    });
    await bus.publish({
      subject: subjects.adjusted(tenant),
      payload: codec.encode('billing.adjusted', adjusted),
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    await bus.publish({
      subject: subjects.budgetReached('project', tenant),
      payload: codec.encode('budget.reached', sampleOf('budget.reached', {})),
    });
    await bus.publish({
      subject: subjects.recorded(tenant),
      payload: codec.encode('audit.recorded', recorded),
    });
    const replica = await start();
    await owns(replica, 'billing');
    await owns(replica, 'audit');
    const billing = await read(topics.billing.name);
    const audit = await read(topics.audit.name);
    await expectEqual(billing, 'BILLING', 'mr.billing.>');
    await expectEqual(audit, 'AUDIT');
    expect(billing.records.map(({ headers }) => headers)).toMatchObject([
      { 'millrace-event': 'billing.charged.v3', 'millrace-request-id': charged.request_id },
      {
        'millrace-event': 'billing.adjusted.v1',
        'millrace-request-id': adjusted.request_id,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    ]);
    expect(audit.records).toMatchObject([{ key: tenant }]);
    await expect.poll(() => replica.sample('millrace_mirror_lag_messages{mirror="billing"}')).toBe(0);
  });

  it('keep prices, models and tenants as they are: changed, and removed', async () => {
    const { bus, database } = scene;
    const control = bus.bucket('CONTROL');
    const publishPrice = (inputPerMillion: string): Promise<void> => {
      const prices = [toPublished({ ...price, inputPerMillion })];
      const message = codec.encode('price.published', { model: 'model', prices, at: Date.now() });
      return control.put(controlKeys.price('model'), message);
    };
    const model = sampleOf('model.ready', { name: 'm.1' });
    await control.put(controlKeys.model('m.1'), codec.encode('model.ready', model));
    await publishPrice('1');
    await createTenant(database, { id: 'acme', name: 'Ada Lovelace' });
    const first = await start();
    await owns(first, 'reference');
    const reader = await read(topics.prices.name, topics.models.name, topics.tenants.name);
    const last = (key: string): Buffer | null | undefined =>
      reader.records.findLast((record) => record.key === key)?.value;
    await expect.poll(() => ['acme', 'm.1', 'model'].every((key) => last(key))).toBe(true);
    expect(codec.decode('model.ready', last('m.1') as Buffer)).toEqual(model);
    expect(codec.decode('tenant.described', last('acme') as Buffer)).toMatchObject({
      tenant: 'acme',
      suspended_at: null,
    });
    expect(last('acme')?.includes('Ada')).toBe(false);

    await first.stop();
    const before = reader.records.length;
    await publishPrice('1');
    const second = await start();
    await owns(second, 'reference');
    await publishPrice('3');
    await database
      .update(tenants)
      .set({ suspendedAt: new Date(5_000) })
      .where(eq(tenants.id, 'acme'));
    await control.erase(controlKeys.model('m.1'));
    await expect.poll(() => last('m.1')).toBe(null);
    const suspended = (): number | null =>
      codec.decode('tenant.described', last('acme') as Buffer).suspended_at;
    await expect.poll(suspended).toBe(5_000);
    const [published] = codec.decode('price.published', last('model') as Buffer).prices;
    expect(published?.input_per_million).toBe('3.0000000000');
    expect(reader.records.length).toBe(before + 3);
  });

  it('a writer that was overtaken is refused, and the next one knows what was committed', async () => {
    const kafka = await clientOf(scene);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'fenced', numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
    const { signal } = new AbortController();
    const open = (): Promise<MirrorWriter> =>
      openMirrorWriter({ kafka, mirror: 'test', place: { topic: mirrorStateTopic, partition: 7 } }, signal);
    const zombie = await open();
    await zombie.write([recordOf('one')], new Map([['at', Buffer.from('1')]]));
    const next = await open();
    expect(next.state.get('at')?.toString()).toBe('1');
    await expect(
      zombie.write([recordOf('zombie')], new Map([['at', Buffer.from('zombie')]])),
    ).rejects.toMatchObject({
      code: 'fenced',
    });
    await next.write([recordOf('two')], new Map([['at', Buffer.from('2')]]));
    await zombie.close();
    await next.close();
    const after = await open();
    expect(after.state.get('at')?.toString()).toBe('2');
    await after.close();
    const reader = await read('fenced');
    await expect.poll(() => reader.records.map(({ key }) => key)).toEqual(['one', 'two']);
  });

  describe('with a schema registry', () => {
    let registry: TestRegistry;

    beforeAll(async () => {
      registry = await startTestRegistry();
    });
    afterAll(() => registry?.stop());

    it('write the Confluent wire format, wait while it is away, and register each schema as it was published', async () => {
      const { bus } = scene;
      const kept = await read(topics.audit.name);
      await expect.poll(() => kept.records.length).toBe(1);
      await registry.kill();
      const replica = await start({ MILLRACE_SCHEMA_REGISTRY_URL: registry.url });
      await owns(replica, 'audit');
      const recorded = sampleOf('audit.recorded', { tenant: 'ledger' });
      const message = codec.encode('audit.recorded', recorded);
      await bus.publish({ subject: subjects.recorded('ledger'), payload: message });
      await expect.poll(() => replica.service.ready(), patience).toMatch(/^the mirror audit: /u);
      await registry.start();
      await expect.poll(() => kept.records.length, patience).toBe(2);
      const { schemaId, body } = readWireFormat(kept.records[1]?.value as Buffer);
      expect(Buffer.from(message).subarray(10).equals(body)).toBe(true);
      const subject = await fetch(`${registry.url}/subjects/${topics.audit.name}-value/versions/latest`);
      const { id, schema } = (await subject.json()) as { readonly id: number; readonly schema: string };
      expect(id).toBe(schemaId);
      expect(JSON.parse(schema)).toEqual(schemaFile('audit.recorded'));
    });
  });
});

function schemaFile(name: string): unknown {
  return readSchemaFiles().findLast((file) => file.name === name)?.schema;
}

/** An event with its golden value, and some fields changed. */
function sampleOf<Name extends SchemaName>(name: Name, changes: Partial<EventTypes[Name]>): EventTypes[Name] {
  const version = readSchemaFiles().findLast((file) => file.name === name)?.version;
  const path = new URL(`../../../schemas/fixtures/${name}.v${version}.json`, import.meta.url);
  const { bytes } = JSON.parse(readFileSync(path, 'utf8')) as { readonly bytes: string };
  return { ...codec.decode(name, Buffer.from(bytes, 'base64')), ...changes };
}
