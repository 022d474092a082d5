import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '@millrace/embedded';
import { startInstantCluster } from '../support/instant-engine.ts';

const model = 'instant';

let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  cluster = await startInstantCluster();
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 0 });
});

afterAll(() => cluster.stop());

type Event = OpenAI.Responses.ResponseStreamEvent;

async function allOf(stream: AsyncIterable<Event>): Promise<readonly Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const textOf = (events: readonly Event[]): string =>
  events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');

async function ended(id: string, signal: AbortSignal): Promise<OpenAI.Responses.Response> {
  for (;;) {
    const response = await client.responses.retrieve(id);
    if (response.status !== 'queued' && response.status !== 'in_progress') return response;
    await cluster.platform.clock.sleep(50, signal);
  }
}

describe('a response', () => {
  it('answers, is kept, and is gone on behind', async () => {
    const metadata = { kind: 'test' };
    const first = await client.responses.create({
      model,
      input: 'Hello.',
      instructions: 'Be brief.',
      metadata,
    });
    expect(first).toMatchObject({
      object: 'response',
      status: 'completed',
      model,
      metadata,
      instructions: 'Be brief.',
      output: [
        { type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text' }] },
      ],
    });
    expect(first.output_text.length).toBeGreaterThan(0);
    expect(first.usage?.total_tokens).toBe(
      (first.usage?.input_tokens ?? 0) + (first.usage?.output_tokens ?? 0),
    );
    expect(await client.responses.retrieve(first.id)).toMatchObject({ id: first.id, output: first.output });

    const second = await client.responses.create({
      model,
      input: 'And now?',
      previous_response_id: first.id,
    });
    expect(second).toMatchObject({ status: 'completed', previous_response_id: first.id });
    const items = await client.responses.inputItems.list(second.id, { order: 'asc' });
    expect(items.data).toMatchObject([
      { role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] },
      { role: 'assistant', content: [{ type: 'output_text', text: first.output_text }] },
      { role: 'user', content: [{ type: 'input_text', text: 'And now?' }] },
    ]);
    await client.responses.delete(first.id);
    await expect(client.responses.retrieve(first.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('says that it was cut short', async () => {
    const response = await client.responses.create({ model, input: 'Hello.', max_output_tokens: 2 });
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  it('is not kept where it is not to be', async () => {
    const response = await client.responses.create({ model, input: 'Hello.', store: false });
    expect(response).toMatchObject({ status: 'completed', store: false });
    await expect(client.responses.retrieve(response.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each([
    [{ reasoning: { effort: 'low' as const } }, 'reasoning'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ background: true, store: false }, 'background'],
    [{ tools: [{ type: 'web_search' as const }] }, 'tools[0].type'],
    [{ previous_response_id: 'resp_none' }, 'previous_response_id'],
    [{ temperature: 9 }, 'temperature'],
    [{ max_output_tokens: 100_000 }, 'max_output_tokens'],
  ])('is refused by the name of what cannot be: %j', async (more, param) => {
    const error: unknown = await client.responses
      .create({ model, input: 'x', ...more })
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ param });
    expect(error instanceof BadRequestError || error instanceof NotFoundError).toBe(true);
  });

  it('is one response under one idempotency key', async () => {
    const headers = { 'Idempotency-Key': 'one-response' };
    const create = () => client.responses.create({ model, input: 'Once.' }, { headers });
    const [one, other] = await Promise.all([create(), create()]);
    expect(other).toEqual(one);
  });
});

describe('the events of a response', () => {
  it('are numbered, end with the response, and can be had again from any of them on', async () => {
    const events = await allOf(await client.responses.create({ model, input: 'Hello.', stream: true }));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.map(({ type }) => type).filter((type) => type !== 'response.output_text.delta')).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error('it did not complete');
    expect(textOf(events)).toBe(
      last.response.output
        .flatMap((item) => (item.type === 'message' ? item.content : []))
        .map((part) => (part.type === 'output_text' ? part.text : ''))
        .join(''),
    );
    for (const after of [0, 3, 4, events.length - 2]) {
      const rest = await allOf(
        await client.responses.retrieve(last.response.id, { stream: true, starting_after: after }),
      );
      expect(rest).toEqual(events.slice(after + 1));
    }
    const beyond = client.responses
      .retrieve(last.response.id, { stream: true, starting_after: events.length })
      .then(allOf);
    await expect(beyond).rejects.toThrow(
      `starting_after is ${events.length}: the response has ended with event ${events.length - 1}`,
    );
  });

  it('come without a response that is kept as well', async () => {
    const events = await allOf(
      await client.responses.create({ model, input: 'Hello.', stream: true, store: false }),
    );
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
  });
});

describe('a response in the background', () => {
  it('is fetched when it is done', async ({ signal }) => {
    const queued = await client.responses.create({ model, input: 'Hello.', background: true });
    expect(queued).toMatchObject({ object: 'response', background: true });
    expect(await ended(queued.id, signal)).toMatchObject({ status: 'completed', background: true });
  });

  it('is stopped where nobody has begun it', async () => {
    const jobs = cluster.process('jobs');
    await jobs.kill();
    const queued = await client.responses.create({ model, input: 'Hello.', background: true });
    expect(await client.responses.cancel(queued.id)).toMatchObject({ status: 'cancelled' });
    await jobs.start();
    expect(await client.responses.retrieve(queued.id)).toMatchObject({ status: 'cancelled', output: [] });
  });

  it('can be followed before it has begun', async () => {
    const jobs = cluster.process('jobs');
    await jobs.kill();
    const stream = await client.responses.create({ model, input: 'Hello.', background: true, stream: true });
    await jobs.start();
    const events = await allOf(stream);
    expect(events.at(-1)?.type).toBe('response.completed');
  });
});

it('runs as a line of a batch and as a job, where nothing is kept of it but that', async () => {
  const job = await client.post<{ id: string }>('/jobs', {
    body: { endpoint: '/v1/responses', body: { model, input: 'Hello.' } },
  });
  const done = await client.get<{ status: string; result: { object: string } }>(`/jobs/${job.id}?wait=60s`);
  expect(done).toMatchObject({ status: 'completed', result: { object: 'response', status: 'completed' } });
});
