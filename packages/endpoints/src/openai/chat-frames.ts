import type { RelayCompleted } from '@millrace/relay';
import { errorData, type StreamFrame, type StreamFrames, type StreamStart } from '../stream-frames.ts';
import { chatIdOf, logprobsOf } from './chat-answer.ts';
import { finishReasonsOf } from './finish-reason.ts';
import { openAiUsage } from './openai-usage.ts';

interface ChoiceDelta {
  readonly index: number;
  readonly delta: object;
  readonly logprobs: object | null;
  readonly finish_reason: string | null;
}

/**
 * `chat.completion.chunk` objects, as the OpenAI API sends them: the role first, the reason of each choice last, the usage behind
 * them where it is asked for, then `[DONE]`. An answer that breaks off ends with an error and has no `[DONE]`.
 */
export function chatFrames(start: StreamStart, includeUsage: boolean): StreamFrames {
  const begun = new Set<number>();
  const common = {
    id: chatIdOf(start),
    object: 'chat.completion.chunk',
    created: Math.floor(start.acceptedAt / 1_000),
    model: start.model,
  };
  const usage = includeUsage ? { usage: null } : {};
  const frame = (choice: ChoiceDelta, id?: number): StreamFrame => ({
    data: { ...common, choices: [choice], ...usage },
    ...(id === undefined ? {} : { id }),
  });
  const begin = (index: number): readonly StreamFrame[] => {
    if (begun.has(index)) return [];
    begun.add(index);
    return [frame({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null })];
  };

  return {
    chunk({ choice: index = 0, text, logprobs = [], toolCalls = [], seq }) {
      const calls = toolCalls.map((call, place) => ({ index: place, ...call }));
      const delta = {
        ...(text === '' && calls.length > 0 ? {} : { content: text }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
      return [
        ...begin(index),
        frame({ index, delta, logprobs: logprobsOf(logprobs), finish_reason: null }, seq),
      ];
    },
    completed(event: RelayCompleted) {
      const ends = finishReasonsOf(event).flatMap((finish_reason, index) => [
        ...begin(index),
        frame({ index, delta: {}, logprobs: null, finish_reason }),
      ]);
      const total = { data: { ...common, choices: [], usage: openAiUsage(event) } };
      return [...ends, ...(includeUsage ? [total] : []), { data: '[DONE]' }];
    },
    failed: (error, at) => [{ data: errorData(error, start.requestId, at) }],
  };
}
