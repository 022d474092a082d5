import { Millrace, MillraceApiError, type AnswerEvent, type MillraceOptions } from '@millrace/client';
import type { Cluster } from '@millrace/embedded';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { range } from '../support/answer.ts';
import { expectAnsweredOnce } from '../support/proof.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const question = {
  prompt: 'Write a long story about a mill on a river.',
  temperature: 0,
  max_tokens: 96,
} as const;

let cluster: Cluster;
const clients: Millrace[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => cluster.stop());

function newClient(options: Partial<MillraceOptions> = {}): Millrace {
  const client = new Millrace({
    url: cluster.ingressUrl,
    webSocketUrl: cluster.edgeUrl,
    apiKey: cluster.apiKey,
    ...options,
  });
  clients.push(client);
  return client;
}

type Events = AsyncGenerator<AnswerEvent, void, undefined>;

/** Reads to the end, and lets something happen at a chunk. */
async function read(events: Events, at?: { readonly seq: number; readonly run: () => Promise<void> }) {
  const all: AnswerEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (event.type === 'chunk' && event.seq === at?.seq) await at.run();
  }
  const chunks = all.flatMap((event) => (event.type === 'chunk' ? [event] : []));
  const end = all.at(-1);
  expect(end).toMatchObject({ type: 'completed' });
  expect(chunks.map(({ seq }) => seq)).toEqual(range(1, chunks.length));
  return {
    requestId: end?.type === 'completed' ? end.request_id : '',
    finishReason: end?.type === 'completed' ? end.finish_reason : '',
    text: chunks.map(({ text }) => text).join(''),
  };
}

it('a stream goes on byte for byte over a new connection when its gateway is killed, and when it is stopped', async ({
  signal,
}) => {
  const client = newClient();
  const whole = await client.generate(question);
  expect(whole.usage.output_tokens).toBe(96);
  for (const [gateway, transport, name] of [
    ['edge', 'websocket', 'SIGKILL'],
    ['edge', 'websocket', 'SIGTERM'],
    ['ingress', 'sse', 'SIGKILL'],
    ['ingress', 'sse', 'SIGTERM'],
  ] as const) {
    const process = cluster.process(gateway);
    const answer = await read(client.stream(question, { transport }), {
      seq: 3,
      async run() {
        await process.kill(name);
        await process.start();
      },
    });
    expect(answer.text).toBe(whole.text);
    await expectAnsweredOnce(cluster, answer, signal);
  }
});

it('the same answer comes over server-sent events, and is followed by its id over a WebSocket', async () => {
  const client = newClient();
  const overHttp = await read(client.stream(question, { transport: 'sse' }));
  const followed = await read(client.follow(overHttp.requestId));
  expect(followed).toEqual(overHttp);
});

it('aborting a call cancels its request', async () => {
  const client = newClient();
  const stop = new AbortController();
  const options = { idempotencyKey: 'given up' };
  const endless = { ...question, prompt: 'Count to a million.', max_tokens: 1_500 };
  const answer = client.generate(endless, { ...options, signal: stop.signal });
  const refusal = answer.catch((error: unknown) => error);
  const watched = await read(client.stream(endless, options), {
    seq: 2,
    run: async () => stop.abort(new Error('enough')),
  });
  expect(await refusal).toEqual(new Error('enough'));
  expect(watched.finishReason).toBe('cancelled');
});

it('leaving a stream early cancels its request', async () => {
  const client = newClient();
  const endless = { ...question, prompt: 'Count to a billion.', max_tokens: 1_500 };
  for (const transport of ['websocket', 'sse'] as const) {
    let requestId = '';
    for await (const event of client.stream(endless, { transport })) {
      if (event.type === 'accepted') requestId = event.request_id;
      if (event.type === 'chunk') break;
    }
    expect(await read(client.follow(requestId))).toMatchObject({ finishReason: 'cancelled' });
  }
});

it('models are listed', async () => {
  const models = await newClient().models();
  expect(models.map(({ id }) => id)).toContain('smollm2-135m-instruct');
});

it('tasks answer text by text', async () => {
  const client = newClient();
  const { results } = await client.classify({
    text: ['The striker scored two goals.', 'Simmer the onions in butter.'],
    labels: ['cooking', 'sports'],
  });
  expect(results.map(({ labels }) => labels[0]?.label)).toEqual(['sports', 'cooking']);
  const { results: vectors } = await client.embed({ text: 'A cat sits on the mat.' });
  expect(vectors[0]?.embedding).toHaveLength(384);
  const summary = { text: 'The old mill stands on a river.', max_words: 6, temperature: 0 };
  const [whole] = (await client.summarize(summary)).results;
  expect((await read(client.streamTask('summarize', summary))).text).toBe(whole?.text);
});

it('what is refused is an error with code and field, over either transport', async () => {
  const client = newClient();
  const wrong = { prompt: 'x', max_tokens: 0 };
  for (const ask of [
    () => client.generate(wrong),
    () => read(client.stream(wrong)),
    () => read(client.stream(wrong, { transport: 'sse' })),
  ]) {
    const error: unknown = await ask().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MillraceApiError);
    expect(error).toMatchObject({ code: 'invalid_value', param: 'max_tokens', retryable: false });
  }
  const stranger = newClient({ apiKey: 'mr_nobody' });
  await expect(stranger.generate(question)).rejects.toMatchObject({ code: 'invalid_api_key', status: 401 });
  await expect(read(stranger.stream(question))).rejects.toMatchObject({ code: 'invalid_api_key' });
});
