import type { ChunkWriter } from '@millrace/stage';
import { createAnswerText } from '../answer-text.ts';
import type { AnswerRequest } from '../answer.ts';
import type { ChoiceEnd } from '../choice-end.ts';

/**
 * Publishes a choice that comes in one piece, with its end: so that another attempt knows that it is there. It has no tokens, as
 * nothing was generated.
 */
export async function publishWhole(
  { takenUp }: AnswerRequest,
  writer: ChunkWriter,
  choice: number,
  value: object,
  counts: Omit<ChoiceEnd, 'finishReason' | 'text'>,
): Promise<ChoiceEnd> {
  const finishReason = 'stop';
  const text = createAnswerText(takenUp.published.choices[choice]?.text ?? '');
  const fresh = text.accept(JSON.stringify(value));
  await writer.push(choice, { tokens: [], text: fresh, finishReason });
  if (writer.firstStoredAt !== undefined) takenUp.settle();
  return { finishReason, text, ...counts };
}
