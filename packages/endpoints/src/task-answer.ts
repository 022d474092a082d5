import type { Timings } from '@millrace/contracts';
import { answerTimings, answerUsage, type AnswerUsage, type RelayCompleted } from '@millrace/relay';
import { MillraceError } from '@millrace/runtime';
import type { TaskOperation } from '@millrace/stage';
import { answerHead, type AnswerHead } from './answer-head.ts';
import type { CollectedChoices } from './collected-choices.ts';
import type { StreamStart } from './stream-frames.ts';

/** The answers to all texts of a task, in the order of the texts. */
export interface TaskAnswer extends AnswerHead {
  readonly results: readonly object[];
  readonly usage: AnswerUsage;
  readonly timings: Timings;
}

/**
 * @param texts how many there are
 * @throws `cancelled` where it was before all labels or vectors were there; of texts what was generated is kept
 */
export function taskAnswer(
  operation: TaskOperation,
  texts: number,
  collected: CollectedChoices,
  start: StreamStart,
  end: RelayCompleted,
): TaskAnswer {
  return {
    ...answerHead(start, end),
    results: Array.from({ length: texts }, (_, index) => resultOf(operation, collected, index, end)),
    usage: answerUsage(end.usage, end.cache),
    timings: answerTimings(end.timings),
  };
}

function resultOf(
  operation: TaskOperation,
  collected: CollectedChoices,
  index: number,
  { finishReason, finishReasons }: RelayCompleted,
): object {
  const text = collected.textOf(index);
  if (operation === 'summarize' || operation === 'translate')
    return { text, finish_reason: finishReasons?.[index] ?? finishReason };
  if (text === '')
    throw new MillraceError('cancelled', 'The request was cancelled before all texts were done.');
  return JSON.parse(text) as object;
}
