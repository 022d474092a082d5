import type { RelayCompleted } from '@millrace/relay';
import type { CollectedChoices } from '../collected-choices.ts';
import type { StreamStart } from '../stream-frames.ts';
import { finishReasonsOf } from './finish-reason.ts';
import { openAiUsage } from './openai-usage.ts';

/** The `text_completion` object. @throws `cancelled` */
export function completionAnswer(
  collected: CollectedChoices,
  start: StreamStart,
  end: RelayCompleted,
): object {
  return {
    ...completionHead(start),
    model: end.model ?? start.model,
    choices: finishReasonsOf(end).map((finish_reason, index) => ({
      index,
      text: collected.textOf(index),
      logprobs: null,
      finish_reason,
    })),
    usage: openAiUsage(end),
  };
}

export function completionHead({ requestId, acceptedAt, model }: StreamStart) {
  return {
    id: `cmpl-${requestId}`,
    object: 'text_completion',
    created: Math.floor(acceptedAt / 1_000),
    model,
  };
}
