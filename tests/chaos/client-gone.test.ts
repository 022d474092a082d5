import { createScratchFolder, startCluster, type Cluster, type ScratchFolder } from '@millrace/embedded';
import { openStream } from '@millrace/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acceptedId, numbersOf, range, textOf, untilChunk } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';

/** More than the model says in the time that a test takes. */
const endless = {
  type: 'generate',
  id: 'story',
  prompt: 'Tell a very long story about a mill on a river.',
  max_tokens: 1_500,
  temperature: 0,
};
const long = { ...endless, max_tokens: 150 };

let folder: ScratchFolder;
let cluster: Cluster;

beforeEach(async () => {
  folder = await createScratchFolder();
});

afterEach(async () => {
  await cluster.stop();
  await folder.stop();
});

const processes = ['audit', 'auth-quota', 'billing', 'edge', 'edge-2', 'inference', 'pii'];

async function startTwoEdges(grace: string): Promise<void> {
  cluster = await startCluster({
    dataDirectory: folder.path,
    env: { MILLRACE_ACK_WAIT: '2s', MILLRACE_ANSWER_CACHE: '0', MILLRACE_DISCONNECT_GRACE: grace },
    processes,
  });
}

describe('within the grace period', () => {
  beforeEach(() => startTwoEdges('10m'));

  it.for([
    ['the same gateway', 'edge'],
    ['another gateway process', 'edge-2'],
  ] as const)('gives exactly the rest on %s', async ([, gateway], { signal }) => {
    const { apiKey } = cluster;
    const before = await openStream(cluster.edgeUrl, { apiKey });
    before.send(long);
    await untilChunk(before, 'story', 10);
    before.terminate();
    await before.closed;
    const requestId = await acceptedId(before, 'story');
    const after = before.chunks('story').length;

    const back = await openStream(cluster.process(gateway).url, { apiKey });
    back.send({ type: 'resume', request_id: requestId, after });
    const end = await back.ended(requestId);

    expect(end).toMatchObject({ type: 'completed', finish_reason: 'length' });
    expect(numbersOf(before, 'story')).toEqual(range(1, after));
    expect(numbersOf(back, requestId)).toEqual(range(after + 1, end.seq ?? 0));
    const text = textOf(before, 'story') + textOf(back, requestId);
    await expectAnsweredOnce(cluster, { requestId, text }, signal);
    await back.close();
  });

  it('gives exactly the rest on another gateway when the first one was killed', async ({ signal }) => {
    const { apiKey } = cluster;
    const before = await openStream(cluster.edgeUrl, { apiKey });
    before.send(long);
    await untilChunk(before, 'story', 10);
    await cluster.process('edge').kill();
    await before.closed;
    const requestId = await acceptedId(before, 'story');
    const after = before.chunks('story').length;

    const back = await openStream(cluster.process('edge-2').url, { apiKey });
    back.send({ type: 'resume', request_id: requestId, after });
    const end = await back.ended(requestId);

    expect(end).toMatchObject({ type: 'completed', finish_reason: 'length' });
    expect(numbersOf(back, requestId)).toEqual(range(after + 1, end.seq ?? 0));
    const text = textOf(before, 'story') + textOf(back, requestId);
    await expectAnsweredOnce(cluster, { requestId, text }, signal);
    await back.close();
  });
});

describe('after the grace period', () => {
  beforeEach(() => startTwoEdges('1s'));

  it('cancels the request, and charges once what was generated', async ({ signal }) => {
    const { apiKey } = cluster;
    const before = await openStream(cluster.edgeUrl, { apiKey });
    before.send(endless);
    await untilChunk(before, 'story', 10);
    before.terminate();
    await before.closed;
    const requestId = await acceptedId(before, 'story');

    const finished = await untilFinished(requestId, signal);
    expect(finished).toBe('CANCELLED');

    // Who comes too late is told all that was generated, and that it was cancelled.
    const back = await openStream(cluster.process('edge-2').url, { apiKey });
    back.send({ type: 'resume', request_id: requestId, after: 0 });
    const end = await back.ended(requestId);
    expect(end).toMatchObject({ type: 'completed', finish_reason: 'cancelled' });
    expect(numbersOf(back, requestId)).toEqual(range(1, end.seq ?? 0));
    const log = await expectAnsweredOnce(cluster, { requestId, text: textOf(back, requestId) }, signal);
    expect(log.text.startsWith(textOf(before, 'story'))).toBe(true);
    expect(log.tokens.length).toBeGreaterThanOrEqual(10);
    expect(log.tokens.length).toBeLessThan(endless.max_tokens);
    await back.close();
  });

  it('lets a request run whose client has come back to another gateway in time', async ({ signal }) => {
    const { apiKey } = cluster;
    const back = await openStream(cluster.process('edge-2').url, { apiKey });
    const before = await openStream(cluster.edgeUrl, { apiKey });
    before.send(long);
    const requestId = await acceptedId(before, 'story');
    // The first connection is dead and nobody knows it yet: the client is on the second one already.
    back.send({ type: 'resume', request_id: requestId, after: 0 });
    await back.find(({ type }) => type === 'chunk');
    before.terminate();

    const end = await back.ended(requestId);
    expect(end).toMatchObject({ type: 'completed', finish_reason: 'length' });
    expect(numbersOf(back, requestId)).toEqual(range(1, end.seq ?? 0));
    await expectAnsweredOnce(cluster, { requestId, text: textOf(back, requestId) }, signal);
    await back.close();
  });
});

/** The outcome of a request, once it has one. */
async function untilFinished(requestId: string, signal: AbortSignal): Promise<string> {
  const { bus, codec, clock } = cluster.platform;
  for (;;) {
    const last = await bus.lastMessage('RESULTS', `mr.result.*.${requestId}`);
    const finished = last === undefined ? null : codec.decode('result.chunk', last.payload).finished;
    if (finished !== null) return finished.outcome;
    await clock.sleep(25, signal);
  }
}
