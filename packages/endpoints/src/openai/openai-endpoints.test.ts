import { expect, it } from 'vitest';
import type { Asked } from '../endpoints.ts';
import { modelList, modelOf } from './model-list.ts';
import { openAiEndpoints } from './openai-endpoints.ts';

const endpoints = new Map(openAiEndpoints().map((endpoint) => [endpoint.path, endpoint]));
const user = { role: 'user', content: 'Hi' };

function read(path: string, body: object): Asked {
  const endpoint = endpoints.get(path);
  if (endpoint === undefined) throw new Error(`There is no ${path}.`);
  return endpoint.read(body);
}

const chat = (body: object): Asked => read('/v1/chat/completions', { model: 'm', messages: [user], ...body });
const completion = (body: object): Asked => read('/v1/completions', { model: 'm', prompt: 'Hi', ...body });
const embedding = (body: object): Asked => read('/v1/embeddings', { model: 'm', input: 'Hi', ...body });

it('the defaults are those of the OpenAI API', () => {
  expect(chat({}).generation).toMatchObject({ isMaxTokensGiven: false, parameters: { temperature: 1 } });
  expect(completion({}).generation.parameters).toMatchObject({ temperature: 1, max_tokens: 16 });
  expect(chat({ max_completion_tokens: 3 }).generation).toMatchObject({
    isMaxTokensGiven: true,
    parameters: { max_tokens: 3 },
  });
});

it('a parameter that is null is not there, and those without an effect are taken', () => {
  const nulls = { temperature: null, stop: null, functions: null, audio: null, stream: null };
  expect(
    chat({ ...nulls, user: 'u', metadata: { a: 'b' }, service_tier: 'auto', store: false }),
  ).toMatchObject({
    stream: false,
    generation: { parameters: { temperature: 1 } },
  });
});

it('says of the cache what it is told', () => {
  for (const asked of [chat, completion, embedding]) {
    expect(asked({}).generation.cache).toBe('AUTO');
    expect(asked({ cache: 'always' }).generation.cache).toBe('WANTED');
  }
});

it('developer is system, parts of text are one text, answers of tools keep their call', () => {
  const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
  const messages = [
    { role: 'developer', content: 'Be kind.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'c', content: '' },
  ];
  expect(chat({ messages }).generation.content.messages).toEqual([
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'ab' },
    { role: 'assistant', content: '', tool_calls: calls },
    { role: 'tool', content: '', tool_call_id: 'c' },
  ]);
});

it('what functions were called with counts as content', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: 'x'.repeat(1024 * 1024) } };
  const messages = [user, { role: 'assistant', tool_calls: [call] }];
  expect(() => chat({ messages })).toThrow(expect.objectContaining({ code: 'payload_too_large' }));
});

const reading = { chat, completion, embedding } as const;

it.each([
  ['chat', { messages: [{ role: 'user', content: '' }] }, 'missing_value', 'messages[0].content'],
  ['chat', { messages: [{ role: 'robot', content: 'x' }] }, 'invalid_value', 'messages[0].role'],
  ['chat', { messages: [{ role: 'tool', content: 'x' }] }, 'missing_value', 'messages[0].tool_call_id'],
  [
    'chat',
    { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
    'invalid_value',
    'messages[0].content[0].type',
  ],
  ['chat', { max_tokens: 1, max_completion_tokens: 1 }, 'conflicting_values', 'max_tokens'],
  ['chat', { stream_options: { include_usage: true } }, 'conflicting_values', 'stream_options'],
  ['chat', { store: true }, 'invalid_value', 'store'],
  ['chat', { service_tier: 'flex' }, 'invalid_value', 'service_tier'],
  ['chat', { parallel_tool_calls: false }, 'invalid_value', 'parallel_tool_calls'],
  ['chat', { function_call: 'auto' }, 'unsupported_value', 'function_call'],
  ['chat', { prediction: {} }, 'unsupported_value', 'prediction'],
  ['chat', { unknown: 1 }, 'invalid_value', 'unknown'],
  ['completion', { suffix: 'x' }, 'unsupported_value', 'suffix'],
  ['completion', { best_of: 2 }, 'unsupported_value', 'best_of'],
  ['completion', { echo: true }, 'invalid_value', 'echo'],
  ['completion', { prompt: ['a', 'b'] }, 'invalid_value', 'prompt'],
  ['embedding', { dimensions: 8 }, 'unsupported_value', 'dimensions'],
  ['embedding', { encoding_format: 'hex' }, 'invalid_value', 'encoding_format'],
  ['embedding', { input: ['x', ' '] }, 'missing_value', 'input[1]'],
  ['embedding', { input: [[1, 2]] }, 'invalid_value', 'input[0]'],
] as const)('%s refuses %j', (endpoint, body, code, param) => {
  expect(() => reading[endpoint](body)).toThrow(expect.objectContaining({ code, param }));
});

const ready = {
  name: 'org/model',
  version: '2',
  context_length: 64,
  is_default: true,
  at: 1_700_000_000_500,
  operations: ['generate'],
  aliases: ['small'],
  provider: null,
};

it('models are found by name, version and alias', () => {
  const shown = { id: 'org/model', object: 'model', created: 1_700_000_000, owned_by: 'millrace' };
  for (const name of ['org/model', 'org/model:2', 'small'])
    expect(modelOf([ready], [], name)).toMatchObject(shown);
  expect(() => modelOf([ready], [], 'org/model:3')).toThrow(
    expect.objectContaining({ code: 'model_not_found' }),
  );
  expect(modelList([{ ...ready, provider: 'elsewhere' }], ['auto'])).toMatchObject({
    object: 'list',
    data: [
      { id: 'org/model', owned_by: 'elsewhere' },
      { id: 'auto', owned_by: 'millrace' },
    ],
  });
});
