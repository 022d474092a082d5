import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { subjects, topics } from '@millrace/contracts';
import { closingOf, publishClosing, readAll } from '@millrace/stage/testing';
import { kafkaIsHere, readTopicCommitted, type TopicReader } from '@millrace/testkit';
import { startScene, type Scene } from './scene.fixture.ts';

const owner = (mirror: string): string => `millrace_mirror_owner{mirror="${mirror}"}`;

describe.skipIf(!kafkaIsHere)('mirrors', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene();
  });
  afterAll(() => scene?.stop());

  const publishClosings = async (count: number): Promise<void> => {
    const { bus, codec } = scene;
    for (let done = 0; done < count; done += 500)
      await Promise.all(
        Array.from({ length: Math.min(500, count - done) }, (_, index) =>
          publishClosing(bus, codec, closingOf(`tenant-${index % 7}`)),
        ),
      );
  };
  const storedIn = (stream: string, filter = '>'): ReturnType<typeof readAll> =>
    readAll(scene.bus.read(stream, filter));
  const sequencesOf = ({ records }: TopicReader): number[] =>
    records.map(({ headers }) => Number(headers['millrace-sequence'])).toSorted((a, b) => a - b);

  it('writes each closing once, in the order of its tenant, as it is in the stream', async () => {
    const { kafka, codec } = scene;
    await publishClosings(2_000);
    const replica = await scene.start();
    await expect.poll(() => replica.sample(owner('requests'))).toBe(1);
    const reader = await readTopicCommitted(kafka.brokers, [topics.requests.name]);
    await expect.poll(() => reader.records.length).toBe(2_000);
    const started = performance.now();
    await publishClosings(5_000);
    const published = performance.now() - started;
    await expect.poll(() => reader.records.length).toBe(7_000);
    if (process.env['TEST_LOG'] === '1')
      process.stderr.write(`published ${published} mirrored ${performance.now() - started}\n`);
    const stored = await storedIn('CLOSED');
    expect(sequencesOf(reader)).toEqual(stored.map(({ sequence }) => sequence));
    const bySequence = new Map(
      reader.records.map((record) => [Number(record.headers['millrace-sequence']), record]),
    );
    for (const { sequence, payload, subject } of stored) {
      const record = bySequence.get(sequence);
      expect(record?.value?.equals(payload)).toBe(true);
      expect(record?.key).toBe(codec.decode('request.closed', payload).tenant);
      expect(record?.headers).toMatchObject({ 'millrace-stream': 'CLOSED', 'millrace-subject': subject });
    }
    await reader.stop();
    await replica.stop();
  });
});
void randomUUID;
void subjects;
