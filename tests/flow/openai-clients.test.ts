import type { Cluster } from '@millrace/embedded';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, streamText } from 'ai';
import OpenAI, { APIUserAbortError, BadRequestError } from 'openai';
import { makeParseableResponseFormat } from 'openai/lib/parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAnsweredOnce } from '../support/proof.ts';
import { startTestCluster } from '../support/test-cluster.ts';

const model = 'smollm2-135m-instruct';
const messages = [{ role: 'user', content: 'What is the capital of France?' }] as const;
const question = { model, messages: [...messages], temperature: 0, seed: 1, max_completion_tokens: 24 };

let cluster: Cluster;
let client: OpenAI;

beforeAll(async () => {
  cluster = await startTestCluster();
  client = new OpenAI({ apiKey: cluster.apiKey, baseURL: `${cluster.ingressUrl}/v1`, maxRetries: 0 });
});

afterAll(() => cluster.stop());

/** The request behind an id such as `chatcmpl-<request>`. */
const requestOf = (id: string): string => id.slice(id.indexOf('-') + 1);

describe('chat.completions', () => {
  it('answers, and the answer is on record', async ({ signal }) => {
    const before = Math.floor(Date.now() / 1_000);
    const completion = await client.chat.completions.create(question);
    expect(completion).toMatchObject({ object: 'chat.completion', model });
    expect(completion.created).toBeGreaterThanOrEqual(before);
    const [choice] = completion.choices;
    expect(choice).toMatchObject({ index: 0, finish_reason: 'stop', logprobs: null });
    expect(choice?.message).toMatchObject({ role: 'assistant', refusal: null });
    expect(choice?.message.content).toContain('Paris');
    const { usage } = completion;
    expect(usage?.total_tokens).toBe((usage?.prompt_tokens ?? 0) + (usage?.completion_tokens ?? 0));
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeGreaterThanOrEqual(0);
    const text = choice?.message.content ?? '';
    await expectAnsweredOnce(cluster, { requestId: requestOf(completion.id), text }, signal);
  });

  it('streams the same text, with one id, the role first, the reason last and the usage behind it', async () => {
    const whole = await client.chat.completions.create(question);
    const stream = await client.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]?.message.content);
    const [last, total] = chunks.slice(-2);
    expect(last?.choices).toMatchObject([{ delta: {}, finish_reason: 'stop' }]);
    expect(total?.choices).toEqual([]);
    expect(total?.usage).toMatchObject({
      prompt_tokens: whole.usage?.prompt_tokens,
      completion_tokens: whole.usage?.completion_tokens,
    });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it('gives several choices with their log-probabilities', async () => {
    const { choices } = await client.chat.completions.create({
      ...question,
      n: 2,
      logprobs: true,
      top_logprobs: 2,
      max_completion_tokens: 4,
    });
    expect(choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ]);
    for (const { logprobs } of choices) {
      expect(logprobs?.content).toHaveLength(4);
      for (const token of logprobs?.content ?? []) expect(token.top_logprobs).toHaveLength(2);
    }
  });

  it('keeps to a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 20 }, population: { type: 'integer' } },
      required: ['city', 'population'],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      ...question,
      max_completion_tokens: 80,
      response_format: { type: 'json_schema', json_schema: { name: 'city', schema, strict: true } },
    });
    const answer = JSON.parse(choices[0]?.message.content ?? '') as Record<string, unknown>;
    expect(Object.keys(answer).toSorted()).toEqual(['city', 'population']);
    expect(Number.isInteger(answer['population'])).toBe(true);
  });

  it('comes through the helpers of the package: as events, and parsed', async () => {
    const runner = client.chat.completions.stream(question);
    let text = '';
    runner.on('content', (delta) => (text += delta));
    expect(await runner.finalContent()).toBe(text);
    expect((await client.chat.completions.create(question)).choices[0]?.message.content).toBe(text);
    const schema = {
      type: 'object',
      properties: { is_city: { type: 'boolean' } },
      required: ['is_city'],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.parse({
      ...question,
      response_format: makeParseableResponseFormat(
        { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
        (content) => JSON.parse(content) as { readonly is_city: boolean },
      ),
    });
    expect(typeof choices[0]?.message.parsed?.is_city).toBe('boolean');
  });

  it('takes parts of text, and the older name of the limit', async () => {
    const { choices } = await client.chat.completions.create({
      model,
      temperature: 0,
      max_tokens: 3,
      messages: [
        { role: 'developer', content: 'You are a helpful assistant.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Say ' },
            { type: 'text', text: 'hello.' },
          ],
        },
      ],
    });
    expect(choices).toMatchObject([{ finish_reason: 'length' }]);
  });

  it.each([
    ['audio', { audio: { voice: 'alloy', format: 'mp3' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['reasoning_effort', { reasoning_effort: 'low' }],
    ['web_search_options', { web_search_options: {} }],
  ])('refuses %s by its name', async (param, extra) => {
    const refusal = client.chat.completions.create({ ...question, ...(extra as object) });
    await expect(refusal).rejects.toMatchObject({ status: 400, code: 'unsupported_value', param });
  });

  it.each([
    ['nothing_known', { nothing_known: 1 }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['temperature', { temperature: 3 }],
  ])('refuses a wrong %s', async (param, extra) => {
    const refusal = client.chat.completions.create({ ...question, ...(extra as object) });
    await expect(refusal).rejects.toBeInstanceOf(BadRequestError);
    await expect(client.chat.completions.create({ ...question, ...(extra as object) })).rejects.toMatchObject(
      {
        param: expect.stringContaining(param.split('[')[0] ?? '') as string,
      },
    );
  });

  it('refuses calls of functions to a model that knows of none', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }];
    await expect(client.chat.completions.create({ ...question, tools })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_value',
    });
    const answered = [
      ...messages,
      {
        role: 'assistant' as const,
        tool_calls: [{ id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } }],
      },
      { role: 'tool' as const, tool_call_id: 'a', content: '1' },
    ];
    await expect(client.chat.completions.create({ ...question, messages: answered })).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_value',
      param: 'messages[1]',
    });
  });

  it('stops when the client aborts', async () => {
    const controller = new AbortController();
    const stream = await client.chat.completions.create(
      { model, messages: [{ role: 'user', content: 'Tell me a long story.' }], stream: true },
      { signal: controller.signal },
    );
    let chunks = 0;
    for await (const chunk of stream) {
      chunks += chunk.choices.length;
      controller.abort();
    }
    expect(chunks).toBeGreaterThan(0);
    const aborted = new AbortController();
    aborted.abort();
    await expect(client.chat.completions.create(question, { signal: aborted.signal })).rejects.toBeInstanceOf(
      APIUserAbortError,
    );
  });
});

describe('completions', () => {
  it('answers, whole and as a stream', async () => {
    const asked = { model, prompt: 'The capital of France is', temperature: 0, seed: 1, max_tokens: 12 };
    const whole = await client.completions.create(asked);
    expect(whole).toMatchObject({ object: 'text_completion', choices: [{ index: 0, logprobs: null }] });
    let text = '';
    for await (const chunk of await client.completions.create({ ...asked, stream: true }))
      text += chunk.choices[0]?.text ?? '';
    expect(text).toBe(whole.choices[0]?.text);
  });

  it('refuses a list of token ids', async () => {
    await expect(client.completions.create({ model, prompt: [1, 2, 3] })).rejects.toBeInstanceOf(
      BadRequestError,
    );
  });
});

describe('responses', () => {
  const asked = { model, input: messages[0].content, temperature: 0, max_output_tokens: 24 };

  it('answer, whole and as events, and are gone on behind', async () => {
    const whole = await client.responses.create(asked);
    expect(whole).toMatchObject({ object: 'response', status: 'completed', model });
    expect(whole.output_text).toContain('Paris');
    const runner = client.responses.stream(asked);
    let text = '';
    for await (const event of runner) if (event.type === 'response.output_text.delta') text += event.delta;
    expect(text).toBe(whole.output_text);
    expect((await runner.finalResponse()).output_text).toBe(text);
    const behind = await client.responses.create({ ...asked, previous_response_id: whole.id });
    expect(behind).toMatchObject({ status: 'completed', previous_response_id: whole.id });
    expect(behind.usage?.input_tokens).toBeGreaterThan(whole.usage?.input_tokens ?? 0);
  });

  it('run in the background, are read again from where one left, and stop when they are cancelled', async ({
    signal,
  }) => {
    const endless = { ...asked, input: 'Tell me a very long story.', max_output_tokens: 1_500 };
    const stream = await client.responses.create({ ...endless, background: true, stream: true });
    let id = '';
    let last = 0;
    for await (const event of stream) {
      last = event.sequence_number;
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta') break;
    }
    const resumed = await client.responses.retrieve(id, { stream: true, starting_after: last });
    for await (const event of resumed) {
      expect(event).toMatchObject({ type: 'response.output_text.delta', sequence_number: last + 1 });
      break;
    }
    await client.responses.cancel(id);
    let response = await client.responses.retrieve(id);
    while (response.status === 'in_progress') {
      await cluster.platform.clock.sleep(50, signal);
      response = await client.responses.retrieve(id);
    }
    expect(response.status).toBe('cancelled');
    expect(response.output_text.length).toBeGreaterThan(0);
  });
});

describe('embeddings', () => {
  const input = ['A cat sleeps.', 'A kitten is asleep.', 'Interest rates rise.'];

  it('come as the package asks for them, and as numbers', async () => {
    const { data, usage, model: name } = await client.embeddings.create({ model: 'all-minilm-l6-v2', input });
    expect(name).toBe('all-minilm-l6-v2');
    expect(usage.prompt_tokens).toBe(usage.total_tokens);
    const numbers = await client.embeddings.create({
      model: 'all-minilm-l6-v2',
      input,
      encoding_format: 'float',
    });
    for (const [index, { embedding }] of data.entries())
      for (const [place, value] of embedding.entries())
        expect(value).toBeCloseTo(numbers.data[index]?.embedding[place] ?? Number.NaN, 6);
  });

  it('refuse other dimensions', async () => {
    const refusal = client.embeddings.create({ model: 'all-minilm-l6-v2', input, dimensions: 8 });
    await expect(refusal).rejects.toMatchObject({ code: 'unsupported_value', param: 'dimensions' });
  });
});

describe('models', () => {
  it('are listed, and found by name, version and alias', async () => {
    const ids = [];
    for await (const each of client.models.list()) ids.push(each.id);
    expect(ids).toEqual(['all-minilm-l6-v2', model]);
    for (const name of [model, 'smollm2'])
      expect(await client.models.retrieve(name)).toMatchObject({
        id: model,
        object: 'model',
        owned_by: 'millrace',
      });
  });
});

/** The package as it comes from npm, pointed at Millrace. */
function providerOf() {
  return createOpenAICompatible({
    name: 'millrace',
    apiKey: cluster.apiKey,
    baseURL: `${cluster.ingressUrl}/v1`,
    includeUsage: true,
  });
}

describe('the package ai with @ai-sdk/openai-compatible', () => {
  const asked = { prompt: 'What is the capital of France?', temperature: 0, seed: 1, maxOutputTokens: 24 };

  it('generates, streams and embeds', async () => {
    const provider = providerOf();
    const whole = await generateText({ model: provider(model), ...asked });
    expect(whole.text).toContain('Paris');
    expect(whole.finishReason).toBe('stop');
    const streamed = streamText({ model: provider(model), ...asked });
    let text = '';
    for await (const piece of streamed.textStream) text += piece;
    expect(text).toBe(whole.text);
    expect((await streamed.usage).totalTokens).toBe(whole.usage.totalTokens);
    const { embeddings } = await embedMany({
      model: provider.embeddingModel('all-minilm-l6-v2'),
      values: ['A cat sleeps.', 'A kitten is asleep.'],
    });
    expect(embeddings.map(({ length }) => length)).toEqual([384, 384]);
  });
});
