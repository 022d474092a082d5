import type { RelayCompleted } from '@millrace/relay';
import type { TokenLogprobs, ToolCall } from '@millrace/stage';
import type { CollectedChoices } from '../collected-choices.ts';
import type { StreamStart } from '../stream-frames.ts';
import { finishReasonsOf } from './finish-reason.ts';
import { openAiUsage } from './openai-usage.ts';

/** The `chat.completion` object. @throws `cancelled` */
export function chatAnswer(collected: CollectedChoices, start: StreamStart, end: RelayCompleted): object {
  return {
    id: chatIdOf(start),
    object: 'chat.completion',
    created: Math.floor(start.acceptedAt / 1_000),
    model: end.model ?? start.model,
    choices: finishReasonsOf(end).map((finish_reason, index) => {
      const { text, logprobs, toolCalls } = collected.choice(index);
      return {
        index,
        message: {
          role: 'assistant',
          content: contentOf(text, toolCalls),
          refusal: null,
          ...callsOf(toolCalls),
        },
        logprobs: logprobsOf(logprobs),
        finish_reason,
      };
    }),
    usage: openAiUsage(end),
  };
}

export function chatIdOf({ requestId }: StreamStart): string {
  return `chatcmpl-${requestId}`;
}

function contentOf(text: string, calls: readonly ToolCall[]): string | null {
  return text === '' && calls.length > 0 ? null : text;
}

function callsOf(calls: readonly ToolCall[]): object {
  return calls.length === 0 ? {} : { tool_calls: calls };
}

export function logprobsOf(logprobs: readonly TokenLogprobs[]): object | null {
  return logprobs.length === 0 ? null : { content: logprobs, refusal: null };
}
