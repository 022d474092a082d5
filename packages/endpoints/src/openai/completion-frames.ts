import { errorData, type StreamFrame, type StreamFrames, type StreamStart } from '../stream-frames.ts';
import { completionHead } from './completion-answer.ts';
import { finishReasonsOf } from './finish-reason.ts';
import { openAiUsage } from './openai-usage.ts';

/** `text_completion` objects piece by piece, then `[DONE]`; or an error and no `[DONE]`. */
export function completionFrames(start: StreamStart, includeUsage: boolean): StreamFrames {
  const head = completionHead(start);
  const usage = includeUsage ? { usage: null } : {};
  const frame = (index: number, text: string, finish_reason: string | null): StreamFrame => ({
    data: { ...head, choices: [{ index, text, logprobs: null, finish_reason }], ...usage },
  });
  return {
    chunk: ({ choice = 0, text, seq }) => [{ ...frame(choice, text, null), id: seq }],
    completed(event) {
      const ends = finishReasonsOf(event).map((reason, index) => frame(index, '', reason));
      const total = { data: { ...head, choices: [], usage: openAiUsage(event) } };
      return [...ends, ...(includeUsage ? [total] : []), { data: '[DONE]' }];
    },
    failed: (error, at) => [{ data: errorData(error, start.requestId, at) }],
  };
}
