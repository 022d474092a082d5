import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readTopics } from './read-topics.ts';
import type { TopicEntry } from './topics-schema.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function read(...topics: readonly TopicEntry[]): ReturnType<typeof readTopics> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-topics-'));
  folders.push(folder);
  const file = path.join(folder, 'topics.json');
  await writeFile(file, JSON.stringify({ topics }));
  return readTopics(file);
}

const entry = { pattern: 'acme.requests.*', tenant: 'acme', queue: 'work' };

describe('the topics file', () => {
  it('the first pattern that fits says how a topic is read', async () => {
    const topics = await read(
      {
        ...entry,
        pattern: 'acme.requests.urgent',
        queue: 'urgent',
        format: 'json',
        priority: 'high',
        deadline: '10m',
      },
      { ...entry, answers: 'acme.answers', chunks: 'acme.chunks', orderedByKey: true },
    );
    expect(topics.requestTopic('acme.requests.urgent')).toEqual({
      tenant: 'acme',
      queue: 'urgent',
      format: 'json',
      answersFormat: 'json',
      answersInChunks: false,
      orderedByKey: false,
      priority: 'high',
      deadlineMs: 600_000,
    });
    expect(topics.requestTopic('acme.requests.7')).toMatchObject({
      queue: 'work',
      format: 'avro',
      orderedByKey: true,
      answersInChunks: true,
    });
    expect(topics.requestTopic('acmeXrequests.7')).toBeUndefined();
    expect(topics.answerRoute('acme', 'work')).toEqual({
      answers: 'acme.answers',
      chunks: 'acme.chunks',
      format: 'avro',
    });
    expect(topics.answerRoute('acme', 'urgent')).toBeUndefined();
    expect(topics.answerTopics).toEqual(['acme.answers', 'acme.chunks']);
    expect(topics.needRegistry).toBe(true);
  });

  it.each<[string, readonly TopicEntry[], RegExp]>([
    ['a pattern with a slash', [{ ...entry, pattern: 'a/b' }], /topics\[0\]\.pattern/u],
    ['a queue with a dot', [{ ...entry, queue: 'a.b' }], /topics\[0\]\.queue/u],
    ['chunks without answers', [{ ...entry, chunks: 'c' }], /topics\[0\] has chunks, but no answers/u],
    [
      'answers that would be read as requests',
      [{ ...entry, pattern: 'acme.*', answers: 'acme.answers' }],
      /"acme\.answers", which a pattern fits/u,
    ],
    [
      'two routes of one queue',
      [
        { ...entry, answers: 'a' },
        { ...entry, pattern: 'other', answers: 'b' },
      ],
      /topics\[1\] sends the answers of the queue "work" of "acme" elsewhere/u,
    ],
    ['a deadline without a unit', [{ ...entry, deadline: '10' }], /topics\[0\]\.deadline/u],
  ])('%s is refused with its place', async (_what, topics, message) => {
    await expect(read(...topics)).rejects.toThrow(message);
  });
});
