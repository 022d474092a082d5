import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { subjects } from '@millrace/contracts';
import { kafkaIsHere, readTopicCommitted, type TopicReader } from '@millrace/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, startScene, type Replica, type Scene } from './scene.fixture.ts';

const tenant = 'acme';

/** An entry of the file of the topics. */
const queueOf = (name: string) => ({
  pattern: `requests.${name}`,
  tenant,
  queue: name,
  format: 'json',
  answers: `answers.${name}`,
});

const bodiesOf = ({ records }: TopicReader): string[] => records.map(({ value }) => value?.toString() ?? '');

describe.skipIf(!kafkaIsHere)('the mirror of answers', () => {
  let scene: Scene;
  let folder: string;
  let topicsFile: string;
  const replicas: Replica[] = [];
  const readers: TopicReader[] = [];

  beforeAll(async () => {
    scene = await startScene();
    const admin = (await clientOf(scene)).admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: '3000' }];
    await admin.createTopics({
      topics: [{ topic: 'answers.small', numPartitions: 1, configEntries }],
      waitForLeaders: true,
    });
    await admin.disconnect();
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-mirrors-'));
    topicsFile = path.join(folder, 'topics.json');
    const topics = [{ ...queueOf('mail'), chunks: 'chunks.mail' }, queueOf('whole'), queueOf('small')];
    await writeFile(topicsFile, JSON.stringify({ topics }));
  });
  afterEach(async () => {
    for (const reader of readers.splice(0)) await reader.stop();
    for (const replica of replicas.splice(0)) await replica.stop();
  });
  afterAll(async () => {
    await scene?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const start = async (): Promise<Replica> => {
    const replica = await scene.start({ MILLRACE_KAFKA_TOPICS: topicsFile, MILLRACE_MIRRORS: 'answers' });
    replicas.push(replica);
    await expect.poll(() => replica.sample('millrace_mirror_owner{mirror="answers"}')).toBe(1);
    return replica;
  };
  const read = async (...topics: string[]): Promise<TopicReader> => {
    const reader = await readTopicCommitted(scene.kafka.brokers, topics);
    readers.push(reader);
    return reader;
  };
  const answer = async (
    queue: string,
    kind: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
    requestId: string = randomUUID(),
  ): Promise<string> => {
    await scene.bus.publish({
      subject: subjects.answer(tenant, queue, requestId),
      payload: Buffer.from(body),
      headers: { 'Content-Type': 'application/json', 'Millrace-Kind': kind, ...headers },
    });
    return requestId;
  };

  it('writes answers to the topic of their queue, pieces to that of its chunks, under the key of the request', async () => {
    await start();
    const source = {
      'Millrace-Source-Key': Buffer.from([0, 255, 1]).toString('base64'),
      'Millrace-Source-Topic': 'requests.mail',
      'Millrace-Source-Partition': '2',
      'Millrace-Source-Offset': '17',
      'Millrace-Correlation-Id': 'order-1',
    };
    const answers = await read('answers.mail', 'answers.whole');
    const chunks = await read('chunks.mail');
    const requestId = await answer('mail', 'CHUNK', '{"a":1}', { ...source, 'Millrace-Number': '1' });
    await answer('mail', 'ANSWER', '{"a":2}', { ...source, 'Millrace-Number': '1' }, requestId);
    await answer('whole', 'CHUNK', 'pieces go nowhere');
    await answer('elsewhere', 'ANSWER', 'for NATS alone');
    await answer('whole', 'ERROR', '{"b":1}', { 'Millrace-Correlation-Id': 'order-2' });
    const plain = await answer('whole', 'ANSWER', '{"b":2}');
    await expect.poll(() => bodiesOf(answers).toSorted()).toEqual(['{"a":2}', '{"b":1}', '{"b":2}']);
    expect(bodiesOf(chunks)).toEqual(['{"a":1}']);
    const [piece] = chunks.records;
    expect(piece?.key).toBe(Buffer.from([0, 255, 1]).toString());
    expect(piece?.headers).toMatchObject({
      'millrace-kind': 'CHUNK',
      'millrace-number': '1',
      'millrace-request-id': requestId,
      'millrace-correlation-id': 'order-1',
      'millrace-source-topic': 'requests.mail',
      'millrace-source-partition': '2',
      'millrace-source-offset': '17',
      'content-type': 'application/json',
    });
    const keys = answers.records.map(({ key }) => key);
    expect(keys.toSorted()).toEqual([Buffer.from([0, 255, 1]).toString(), 'order-2', plain].toSorted());
  });

  it('says how many messages were gone before it came to them, and goes on with the next', async () => {
    const first = await start();
    await answer('mail', 'ANSWER', 'before');
    const reader = await read('answers.mail');
    await expect.poll(() => bodiesOf(reader)).toContain('before');
    await first.stop();
    for (let count = 0; count < 5; count += 1) await answer('mail', 'ANSWER', 'gone');
    expect(await scene.bus.purge('ANSWERS', '>')).toBeGreaterThanOrEqual(5);
    await answer('mail', 'ANSWER', 'after');
    const second = await start();
    await expect.poll(() => bodiesOf(reader)).toContain('after');
    expect(bodiesOf(reader)).not.toContain('gone');
    expect(await second.sample('millrace_mirror_missed_total{mirror="answers"}')).toBe(5);
  });

  it('gives an error in place of an answer that the broker does not take, and keeps back none of the others', async () => {
    for (const body of ['one', 'two', 'x'.repeat(5_000), 'three', 'four'])
      await answer('small', 'ANSWER', body);
    await start();
    const reader = await read('answers.small');
    await expect.poll(() => reader.records.length).toBe(5);
    const [one, two, failed = '', three, four] = bodiesOf(reader);
    expect([one, two, three, four]).toEqual(['one', 'two', 'three', 'four']);
    expect(JSON.parse(failed)).toMatchObject({ kind: 'ERROR', failure: { code: 'payload_too_large' } });
    expect(reader.records[2]?.headers).toMatchObject({ 'millrace-kind': 'ERROR' });
  });
});
