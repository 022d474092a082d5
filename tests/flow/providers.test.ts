import type { Cluster } from '@millrace/embedded';
import {
  answering,
  doneEvent,
  eventOf,
  openStream,
  piece,
  raw,
  refusing,
  type Reaction,
  type ScriptedUpstream,
} from '@millrace/providers/scripted-upstream';
import { ledger } from '@millrace/store';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  farModel as model,
  farPrice as price,
  startFarCluster,
  type FarCluster,
} from '../support/far-model.ts';
import { readClosings } from '../support/result-log.ts';
import { postJson } from '../support/post-json.ts';

const question = { model, messages: [{ role: 'user' as const, content: 'Mail jane@example.com, please.' }] };

let far: FarCluster;
let upstream: ScriptedUpstream;
let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  far = await startFarCluster({
    retries: 1,
    models: [{ name: 'far-vectors', contextLength: 512, operations: ['embed'], price }],
  });
  ({ upstream, cluster, client } = far);
});

afterAll(() => far.stop());

let before: number;
beforeEach(() => {
  before = upstream.calls.length;
});
const newCalls = (): ScriptedUpstream['calls'] => upstream.calls.slice(before);

function deltaEvent(delta: object, finishReason: string | null = null): string {
  return eventOf({ choices: [{ index: 0, delta, finish_reason: finishReason }] });
}

const requestOf = (id: string): string => id.slice(id.indexOf('-') + 1);

/** The closing of a request, once it is there. */
async function closingOf(requestId: string) {
  await expect.poll(async () => (await readClosings(cluster.platform, 'default', requestId)).length).toBe(1);
  const [closing] = await readClosings(cluster.platform, 'default', requestId);
  return closing;
}

describe('a model of a provider', () => {
  it('is listed under the name of its owner', async () => {
    expect(await client.models.retrieve(model)).toMatchObject({ id: model, owned_by: 'far' });
  });

  it('answers whole; the provider never sees personal data, and what it counted is charged', async () => {
    upstream.react(answering('Done: ', '<EMAIL_1>', '.'));
    const { data, response } = await client.chat.completions.create(question).withResponse();
    const { choices, usage, id } = data;
    expect(response.headers.get('x-millrace-cost')).toBe('0.0000130000 USD');
    expect(choices[0]?.message.content).toBe('Done: jane@example.com.');
    expect(usage).toMatchObject({
      prompt_tokens: 7,
      completion_tokens: 3,
      prompt_tokens_details: { cached_tokens: 2 },
    });
    expect(newCalls()).toMatchObject([
      { authorization: 'Bearer secret-of-far', body: { model: 'gpt-far', stream: true } },
    ]);
    expect(JSON.stringify(newCalls())).not.toContain('jane@');
    const requestId = requestOf(id);
    await expect
      .poll(async () =>
        (await cluster.database.select().from(ledger)).find((row) => row.requestId === requestId),
      )
      .toMatchObject({ model, inputTokens: 7, outputTokens: 3, amount: '0.0000130000' });
    expect(await closingOf(requestId)).toMatchObject({
      usage: { source: 'PROVIDER' },
      model_version: 'gpt-far',
    });
  });

  it('streams while it answers', async () => {
    const go = Promise.withResolvers<void>();
    upstream.react(async (response) => {
      openStream(response);
      response.write(piece('one '));
      await go.promise;
      response.end(piece('two', 'stop') + doneEvent);
    });
    let text = '';
    for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text === 'one ') go.resolve();
    }
    expect(text).toBe('one two');
  });

  it('hands on the calls of functions', async () => {
    upstream.react(
      raw(
        deltaEvent({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'send', arguments: '' } }] }),
        deltaEvent({ tool_calls: [{ index: 0, function: { arguments: '{"to":"<EMAIL_1>"}' } }] }),
        deltaEvent({}, 'tool_calls'),
        'data: [DONE]\n\n',
      ),
    );
    const tools = [{ type: 'function' as const, function: { name: 'send', parameters: { type: 'object' } } }];
    const { choices } = await client.chat.completions.create({ ...question, tools });
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ id: 'c1', function: { arguments: '{"to":"jane@example.com"}' } }],
      },
    });
  });
});

const reported = (prompt_tokens: number, completion_tokens: number) =>
  raw(piece('a', 'stop'), eventOf({ choices: [], usage: { prompt_tokens, completion_tokens } }), doneEvent);

describe('a hostile provider', () => {
  const mangled = '{"to":"<EMAIL_1>';

  it('cannot break an answer by calls that are no JSON, nor have it for nothing', async () => {
    const call = { index: 0, id: 'c1', function: { name: 'send', arguments: mangled } };
    upstream.react(raw(deltaEvent({ tool_calls: [call] }), deltaEvent({}, 'constructor'), doneEvent));
    const tools = [{ type: 'function' as const, function: { name: 'send', parameters: { type: 'object' } } }];
    const { choices, id } = await client.chat.completions.create({ ...question, tools });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { tool_calls: [{ function: { arguments: '{"to":"jane@example.com' } }] },
    });
    expect(await closingOf(requestOf(id))).toMatchObject({
      outcome: 'COMPLETED',
      usage: { source: 'ESTIMATE', output_tokens: 6 },
    });
    expect(newCalls()).toHaveLength(1);
  });

  it('cannot charge more than there can have been, nor less than nothing', async () => {
    upstream.react(reported(1e15, 1e15), reported(-1e15, -1));
    const dear = await client.chat.completions.create({ ...question, max_tokens: 5 });
    expect(dear.usage?.completion_tokens).toBe(5);
    expect(dear.usage?.prompt_tokens).toBeLessThan(500);
    const cheap = await client.chat.completions.create({ ...question, max_tokens: 5 });
    expect(cheap.usage?.completion_tokens).toBe(1);
    expect(cheap.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(newCalls()).toHaveLength(2);
  });

  it('cannot send more than was asked for; what fits arrives, however large its pieces', async () => {
    upstream.react(raw(piece('x'.repeat(100_000), 'stop'), doneEvent));
    await expect(client.chat.completions.create({ ...question, max_tokens: 5 })).rejects.toMatchObject({
      code: 'provider_failed',
    });
    const text = '\u0000'.repeat(600_000);
    upstream.react(raw(piece(text, 'stop'), doneEvent));
    const { choices } = await client.chat.completions.create(question);
    expect(choices[0]?.message.content === text).toBe(true);
    expect(newCalls()).toHaveLength(2);
  });
});

describe('an answer that breaks off', () => {
  it('ends as an error, never as one that ended well, and is charged by an estimate', async () => {
    upstream.react(raw(piece('Once upon a time ')));
    const response = await postJson(cluster, '/v1/chat/completions', { ...question, stream: true });
    const text = await response.text();
    expect(text).toContain('Once upon a time ');
    expect(text).toContain('"code":"provider_failed"');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"finish_reason":"stop"');
    const closing = await closingOf(response.headers.get('x-request-id') ?? '');
    expect(closing).toMatchObject({ outcome: 'FAILED', usage: { source: 'ESTIMATE', output_tokens: 5 } });
    expect(newCalls()).toHaveLength(1);
  });

  it('before it has begun is tried again', async () => {
    upstream.react(refusing(503, { 'retry-after-ms': '1' }), answering('a'));
    const { choices } = await client.chat.completions.create(question);
    expect(choices[0]?.message.content).toBe('a');
    expect(newCalls()).toHaveLength(2);
  });
});

function json(body: object): Reaction {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

function vectors(...embeddings: readonly (readonly number[])[]) {
  return embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding }));
}

describe('a model of a provider that embeds', () => {
  const asked = { model: 'far-vectors', input: ['Mail jane@example.com.', 'two'] };

  it('gives a vector for each text, whatever their order; usage is what the provider says', async () => {
    const data = vectors([0.25, -1], [0.5, 2]).toReversed();
    upstream.react(json({ object: 'list', data, usage: { prompt_tokens: 9, total_tokens: 9 } }));
    const answer = await client.embeddings.create({ ...asked, encoding_format: 'float' }).withResponse();
    expect(answer.data.data).toMatchObject(vectors([0.25, -1], [0.5, 2]));
    expect(answer.data.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
    expect(answer.response.headers.get('x-millrace-cost')).toBe('0.0000090000 USD');
    expect(newCalls()).toMatchObject([
      {
        path: '/v1/embeddings',
        body: { model: 'far-vectors', input: ['Mail <EMAIL_1>.', 'two'], encoding_format: 'float' },
      },
    ]);
  });

  it.each([
    ['a vector too few', { data: vectors([1]) }],
    ['what is no number', { data: [{ index: 0, embedding: ['a'] }, ...vectors([1])] }],
    ['one text twice', { data: [...vectors([1]), ...vectors([2])] }],
    ['no list', { vectors: [] }],
  ])('%s is an error', async (_, body) => {
    upstream.react(json(body));
    await expect(client.embeddings.create(asked)).rejects.toMatchObject({
      status: 502,
      code: 'provider_failed',
    });
  });

  it('does nothing else', async () => {
    await expect(client.chat.completions.create({ ...question, model: 'far-vectors' })).rejects.toMatchObject(
      {
        status: 400,
        param: 'model',
      },
    );
    expect(newCalls()).toHaveLength(0);
  });
});

it('a cancelled request ends the call', async () => {
  const closed = Promise.withResolvers<void>();
  upstream.react((response) => {
    openStream(response);
    response.write(piece('a '));
    response.once('close', () => closed.resolve());
  });
  const controller = new AbortController();
  const stream = await client.chat.completions.create(
    { ...question, stream: true },
    { signal: controller.signal },
  );
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'a ') controller.abort();
  await expect(closed.promise).resolves.toBeUndefined();
});

it('a request whose process was killed behind the call fails with an estimate, and the provider is not asked again', async () => {
  const begun = Promise.withResolvers<void>();
  upstream.react((response) => {
    openStream(response);
    response.write(piece('half of it '));
    begun.resolve();
  });
  const response = await postJson(cluster, '/v1/generate', { model, prompt: 'Hello', stream: true });
  await begun.promise;
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('half of it')) seen += (await reader?.read())?.value ?? '';
  await cluster.process('providers').restart();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) seen += next.value;
  expect(seen).toContain('provider_failed');
  const requestId = response.headers.get('x-request-id') ?? '';
  expect(await closingOf(requestId)).toMatchObject({
    outcome: 'FAILED',
    usage: { source: 'ESTIMATE', output_tokens: 3 },
  });
  expect(newCalls()).toHaveLength(1);
});
