import type { RelayChunk, RelayCompleted } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { expect, it } from 'vitest';
import { responseEndpoint } from './response-endpoint.ts';
import { responseFrames } from './response-frames.ts';
import type { ResponseHead } from './response-object.ts';

const head: ResponseHead = {
  id: 'resp_1',
  createdAt: 1_700_000_000_999,
  body: { model: 'm', input: 'Hi' },
  model: 'm',
};
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } } as const;

function chunk(changes: Partial<RelayChunk>): RelayChunk {
  return {
    type: 'chunk',
    seq: 1,
    choice: undefined,
    text: '',
    logprobs: undefined,
    toolCalls: undefined,
    cache: undefined,
    ...changes,
  };
}

function completed(finishReason: string): RelayCompleted {
  return {
    type: 'completed',
    seq: 1,
    model: 'm',
    modelVersion: '1',
    finishReason,
    finishReasons: undefined,
    usage: { input_tokens: 5, cached_input_tokens: 4, output_tokens: 2 },
    timings: { queue_ms: 1, prefill_ms: 1, time_to_first_token_ms: 2, total_ms: 3 },
    cache: undefined,
  } as RelayCompleted;
}

const frames = (after?: number) => responseFrames(head, () => 'r', after);

it('has an item for each call of a function, behind the message where there is one', () => {
  const made = frames();
  const events = [
    ...made.chunk(chunk({ text: 'Well.', toolCalls: [call] })),
    ...made.completed(completed('tool_calls')),
  ];
  expect(events.map(({ event }) => event)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.function_call_arguments.delta',
    'response.function_call_arguments.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(events.at(-1)?.data).toMatchObject({
    sequence_number: 12,
    response: {
      created_at: 1_700_000_000,
      output: [
        { type: 'message' },
        { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"a":1}' },
      ],
      usage: { total_tokens: 7, input_tokens_details: { cached_tokens: 4 } },
    },
  });
});

it('leaves out what the client has', () => {
  const made = frames(3);
  expect(made.begin()).toEqual([]);
  const events = [...made.chunk(chunk({ text: 'Well.' })), ...made.completed(completed('length'))];
  expect(events[0]).toMatchObject({ event: 'response.output_text.delta', data: { sequence_number: 4 } });
  expect(events.at(-1)).toMatchObject({ event: 'response.incomplete' });
});

it('ends with what failed, and never as if it were whole', () => {
  const error = new MillraceError('engine_failed', 'The engine failed.');
  const events = frames().failed(error, { seq: 0, isOver: true });
  expect(events.map(({ event }) => event)).toEqual([
    'response.created',
    'response.in_progress',
    'response.failed',
  ]);
  expect(events[2]?.data).toMatchObject({ response: { status: 'failed', error: { code: 'engine_failed' } } });
});

it('takes calls of functions and what came of them, tools and forms', () => {
  const { generation } = responseEndpoint().read({
    model: 'm',
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'x' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_text', text: 'b' },
        ],
      },
      { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'found' },
    ],
    tools: [{ type: 'function', name: 'look', parameters: { type: 'object' }, strict: true }],
    tool_choice: { type: 'function', name: 'look' },
    max_output_tokens: 9,
  });
  expect(generation.content).toMatchObject({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'x' },
      { role: 'user', content: 'ab' },
      { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'look' } }] },
      { role: 'tool', content: 'found', tool_call_id: 'call_1' },
    ],
    tools: [{ type: 'function', function: { name: 'look' } }],
    tool_choice: { type: 'function', function: { name: 'look' } },
  });
  expect(generation.parameters).toMatchObject({ max_tokens: 9, temperature: 1 });
});
