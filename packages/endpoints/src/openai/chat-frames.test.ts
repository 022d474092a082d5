import type { RelayChunk, RelayCompleted } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import { expect, it } from 'vitest';
import { CollectedChoices } from '../collected-choices.ts';
import { chatAnswer } from './chat-answer.ts';
import { chatFrames } from './chat-frames.ts';
import { completionAnswer } from './completion-answer.ts';
import { completionFrames } from './completion-frames.ts';

const start = { requestId: 'r', model: 'm', acceptedAt: 1_700_000_000_999 };
const head = { id: 'chatcmpl-r', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' };
const at = { seq: 0, isOver: true };

function chunk(seq: number, text: string, changes: Partial<RelayChunk> = {}): RelayChunk {
  const nothing = { choice: undefined, logprobs: undefined, toolCalls: undefined, cache: undefined };
  return { type: 'chunk', seq, text, ...nothing, ...changes };
}

function completed(changes: Partial<RelayCompleted> = {}): RelayCompleted {
  return {
    type: 'completed',
    seq: 1,
    model: 'm',
    modelVersion: '1',
    finishReason: 'stop',
    finishReasons: undefined,
    usage: {
      input_tokens: 5,
      cached_input_tokens: 4,
      output_tokens: 2,
      characters_in: 1,
      characters_out: 1,
      source: 'ENGINE',
    },
    timings: { queue_ms: 1, prefill_ms: 1, time_to_first_token_ms: 1, total_ms: 1 },
    cache: undefined,
    cost: undefined,
    ...changes,
  };
}

const usage = {
  prompt_tokens: 5,
  completion_tokens: 2,
  total_tokens: 7,
  prompt_tokens_details: { cached_tokens: 4 },
};
const frame = (index: number, delta: object, finish_reason: string | null = null) => ({
  ...head,
  choices: [{ index, delta, logprobs: null, finish_reason }],
});

it('the role comes first, then the text with its number, the reason, and [DONE]', () => {
  const frames = chatFrames(start, false);
  expect([
    ...frames.chunk(chunk(1, 'Hi')),
    ...frames.chunk(chunk(2, '!')),
    ...frames.completed(completed()),
  ]).toEqual([
    { data: frame(0, { role: 'assistant', content: '' }) },
    { data: frame(0, { content: 'Hi' }), id: 1 },
    { data: frame(0, { content: '!' }), id: 2 },
    { data: frame(0, {}, 'stop') },
    { data: '[DONE]' },
  ]);
});

it('with include_usage every chunk has usage null, and one without choices has it', () => {
  const frames = chatFrames(start, true);
  const [role, text] = frames.chunk(chunk(1, 'Hi'));
  expect([role?.data, text?.data]).toMatchObject([{ usage: null }, { usage: null }]);
  expect(frames.completed(completed())).toEqual([
    { data: { ...frame(0, {}, 'stop'), usage: null } },
    { data: { ...head, choices: [], usage } },
    { data: '[DONE]' },
  ]);
});

it('each choice begins with its role and ends with its reason, one that said nothing too', () => {
  const frames = chatFrames(start, false);
  expect(frames.chunk(chunk(1, 'b', { choice: 1 }))[0]?.data).toEqual(
    frame(1, { role: 'assistant', content: '' }),
  );
  expect(frames.completed(completed({ finishReasons: ['length', 'stop'] })).map(({ data }) => data)).toEqual([
    frame(0, { role: 'assistant', content: '' }),
    frame(0, {}, 'length'),
    frame(1, {}, 'stop'),
    '[DONE]',
  ]);
});

it('calls of functions are deltas with their place, and content is null in the whole answer', () => {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } } as const;
  const called = chunk(1, '', { toolCalls: [call] });
  expect(chatFrames(start, false).chunk(called)[1]?.data).toEqual(
    frame(0, { tool_calls: [{ index: 0, ...call }] }),
  );
  const collected = new CollectedChoices();
  collected.add(called);
  expect(chatAnswer(collected, start, completed({ finishReason: 'tool_calls' }))).toEqual({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, tool_calls: [call] },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage,
  });
});

it.each([
  ['chat', chatFrames],
  ['completions', completionFrames],
])('a broken answer of %s ends with an error alone', (_name, framesOf) => {
  const error = new MillraceError('engine_failed', 'It broke.');
  expect(framesOf(start, true).failed(error, at)).toEqual([
    {
      data: {
        error: { message: 'It broke.', type: error.type, param: null, code: 'engine_failed' },
        request_id: start.requestId,
        seq: at.seq,
        retryable: error.retryable,
      },
    },
  ]);
  const stopping = new MillraceError('unavailable', 'This gateway stops.');
  expect(framesOf(start, true).failed(stopping, { seq: 3, isOver: false })).toMatchObject([
    { data: { resume: { url: `/v1/requests/${start.requestId}/stream`, last_event_id: '3' } } },
  ]);
});

it('what was cancelled has no reason that the OpenAI API knows, and so no end', () => {
  const cancelled = completed({ finishReason: 'cancelled' });
  for (const framesOf of [chatFrames, completionFrames])
    expect(() => framesOf(start, false).completed(cancelled)).toThrow(
      expect.objectContaining({ code: 'cancelled' }),
    );
});

it('completions have the text itself, whole and in pieces', () => {
  const collected = new CollectedChoices();
  collected.add(chunk(1, 'Paris'));
  const text = { ...head, id: 'cmpl-r', object: 'text_completion' };
  const choice = (said: string, finish_reason: string | null) => ({
    ...text,
    choices: [{ index: 0, text: said, logprobs: null, finish_reason }],
  });
  expect(completionAnswer(collected, start, completed())).toEqual({ ...choice('Paris', 'stop'), usage });
  const frames = completionFrames(start, false);
  expect([...frames.chunk(chunk(1, 'Paris')), ...frames.completed(completed())]).toEqual([
    { data: choice('Paris', null), id: 1 },
    { data: choice('', 'stop') },
    { data: '[DONE]' },
  ]);
});
