import { MillraceError } from '@millrace/runtime';
import { createAnswerText } from './answer-text.ts';
import type { AnswerRequest } from './answer.ts';
import type { ChoiceEnd } from './choice-end.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { FinishedStep, Generation, Step } from './engine/generation.ts';
import type { LoadedModel } from './loaded-model.ts';
import { reportTokens } from './token-report.ts';

/** What is generated for one choice; what is published of it goes before. */
export type ChoiceGeneration = Omit<Generation, 'continuation'>;

/**
 * Generates one choice behind what is published of it, and hands it to the writer.
 *
 * @param onPrefilled called once its prompt is in the prefix cache, or it has ended without
 */
export async function generateChoice(
  { engine, tokenBytes }: LoadedModel,
  generation: ChoiceGeneration,
  { takenUp }: AnswerRequest,
  writer: ChunkWriter,
  choice: number,
  onPrefilled: () => void,
): Promise<ChoiceEnd> {
  const { choices } = takenUp.published;
  const published = choices[choice];
  const text = createAnswerText(published?.text ?? '');
  const continuation = published?.tokens ?? new Int32Array();
  let finished: FinishedStep | undefined;
  const reportOf = ({ tokens, logprobs }: Extract<Step, { kind: 'tokens' }>) =>
    logprobs === undefined ? undefined : reportTokens(tokens, logprobs, tokenBytes);
  for await (const step of engine.generate({ ...generation, continuation })) {
    const fresh = text.accept(step.text);
    if (step.kind === 'tokens')
      await writer.push(choice, { tokens: step.tokens, text: fresh, logprobs: reportOf(step) });
    else if (fresh !== '') await writer.push(choice, { tokens: [], text: fresh });
    if (step.kind !== 'resumed') onPrefilled();
    if (step.kind === 'finished') finished = step;
    if (writer.firstStoredAt !== undefined) takenUp.settle();
  }
  if (finished === undefined)
    throw new MillraceError('engine_failed', 'The engine ended without saying why.');
  const finishReason = finished.reason;
  if (choices.length > 1 && finishReason !== 'cancelled')
    await writer.push(choice, { tokens: [], text: '', finishReason });
  return {
    finishReason,
    text,
    inputTokens: generation.promptTokens.length,
    cachedTokens: finished.cachedTokens,
    timings: finished.timings,
  };
}
