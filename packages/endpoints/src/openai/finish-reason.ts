import type { RelayCompleted } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';

/**
 * Why each choice ended, in the words of the OpenAI API, which are ours but for one: it has none for an answer that was cut short.
 *
 * @throws `cancelled` where a choice was
 */
export function finishReasonsOf({
  finishReason,
  finishReasons = [finishReason],
}: RelayCompleted): readonly string[] {
  if (finishReasons.includes('cancelled'))
    throw new MillraceError('cancelled', 'The request was cancelled before its answer was whole.');
  return finishReasons;
}
