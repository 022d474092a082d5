import type { Cluster } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { readDeadLetters } from '../support/dead-letters.ts';
import { watchOutput, type Output } from '../support/output.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { briefAckWait, startTestCluster } from '../support/test-cluster.ts';

const workers = ['inference', 'inference-2'];

let cluster: Cluster;
let output: Output;

beforeEach(async () => {
  output = watchOutput();
  cluster = await startTestCluster({
    env: briefAckWait,
    processes: ['audit', 'auth-quota', 'billing', 'edge', 'pii', ...workers],
    onOutput: output.take,
  });
});

afterEach(() => cluster.stop());

/** The worker that generates now. */
async function busyWorker(): Promise<string> {
  for (const name of workers) {
    const metrics = await (await fetch(`${cluster.process(name).url}/metrics`)).text();
    const running = /^millrace_requests_running\{[^}]*\} (\d+)/m.exec(metrics);
    if (Number(running?.[1]) > 0) return name;
  }
  throw new Error('No worker generates.');
}

/** What a worker logs that found the log of its request taken over. */
const refused = 'message left to the worker that has taken it over';

it.for([
  ['while the other one generates', false],
  ['after the other one has ended the request', true],
] as const)(
  'refuses the chunks and the closing of a worker that wakes up %s',
  async ([, isLate], { signal }) => {
    const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
    client.send({
      type: 'generate',
      id: 'story',
      prompt: 'Tell a very long story about a mill on a river.',
      max_tokens: 300,
      temperature: 0,
    });
    await untilChunk(client, 'story', 10);
    const stopped = await busyWorker();
    const woken = output.until(stopped, refused, signal);
    cluster.process(stopped).send('SIGSTOP');
    const seen = client.chunks('story').length;
    // What was stored before it stopped comes first; what comes long after that is the other worker's.
    await untilSecondAttempt(await acceptedId(client, 'story'), signal);
    if (!isLate) cluster.process(stopped).send('SIGCONT');
    const end = await client.ended('story');
    if (isLate) cluster.process(stopped).send('SIGCONT');
    await woken;

    expect(end).toMatchObject({ type: 'completed' });
    expect(end.seq).toBeGreaterThan(seen);
    expect(numbersOf(client, 'story')).toEqual(range(1, end.seq ?? 0));
    const requestId = await acceptedId(client, 'story');
    const log = await expectAnsweredOnce(cluster, { requestId, text: textOf(client, 'story') }, signal);
    expect(log.history.slice(0, 4)).toEqual(['OPENED 0', 'CHUNK 1', 'ATTEMPT 2', 'CHUNK 2']);
    expect(log.history.at(-1)).toMatch(/^FINISHED/);
    const attempts = log.records.map(({ attempt }) => attempt);
    expect(attempts).toEqual(attempts.toSorted((a, b) => a - b));
    expect(log.attempts[0]?.first_position).toBeGreaterThanOrEqual(10);
    await client.close();
  },
);

it('answers all that is asked while a worker is stopped, also what was delivered to the stopped one', async ({
  signal,
}) => {
  const client = await openStream(cluster.edgeUrl, { apiKey: cluster.apiKey });
  cluster.process('inference').send('SIGSTOP');
  const ids = range(1, 6).map((number) => `question-${number}`);
  for (const id of ids) client.send({ type: 'generate', id, prompt: `Say ${id}.`, max_tokens: 8 });
  await Promise.all(ids.map((id) => client.ended(id)));
  cluster.process('inference').send('SIGCONT');
  client.send({ type: 'generate', id: 'last', prompt: 'Say last.', max_tokens: 8 });
  await client.ended('last');

  for (const id of [...ids, 'last']) {
    const requestId = await acceptedId(client, id);
    const log = await expectAnsweredOnce(cluster, { requestId, text: textOf(client, id) }, signal);
    expect(log.finished[0]).toMatchObject({ outcome: 'COMPLETED' });
    expect(numbersOf(client, id)).toEqual(range(1, client.chunks(id).length));
  }
  expect(await readDeadLetters(cluster.platform)).toEqual([]);
  await client.close();
});

/** Waits until another worker has taken the request over. */
async function untilSecondAttempt(requestId: string, signal: AbortSignal): Promise<void> {
  const { bus, codec, clock } = cluster.platform;
  for (;;) {
    const last = await bus.lastMessage('RESULTS', `mr.result.*.${requestId}`);
    if (last !== undefined && codec.decode('result.chunk', last.payload).attempt > 1) return;
    await clock.sleep(25, signal);
  }
}
