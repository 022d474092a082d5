import type { ChunkWriter } from '@millrace/stage';
import { MillraceError } from '@millrace/runtime';
import { createAnswerText } from './answer-text.ts';
import type { AnswerRequest } from './answer.ts';
import { ChoiceCalls } from './choice-calls.ts';
import type { ChoiceEnd } from './choice-end.ts';
import type { FinishedStep, Generation, Step } from './engine/generation.ts';
import type { ToolCallForm } from './grammar/tools/tool-call-form.ts';
import type { LoadedModel } from './loaded-model.ts';
import { reportTokens } from './token-report.ts';

/** What is generated for one choice; what is published of it goes before. */
export interface ChoiceGeneration extends Omit<Generation, 'continuation'> {
  /** How calls of functions stand in the answer; undefined where it has none. */
  readonly toolCalls?: ToolCallForm | undefined;
}

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
  const calls = new ChoiceCalls(generation.toolCalls, `call_${generation.requestId}_${choice}`);
  let finished: FinishedStep | undefined;
  const reportOf = ({ tokens, logprobs }: Extract<Step, { kind: 'tokens' }>) =>
    logprobs === undefined ? undefined : reportTokens(tokens, logprobs, tokenBytes);
  for await (const step of engine.generate({ ...generation, continuation })) {
    const fresh = text.accept(calls.shown(step));
    if (step.kind === 'tokens')
      await writer.push(choice, { tokens: step.tokens, text: fresh, logprobs: reportOf(step) });
    else if (fresh !== '') await writer.push(choice, { tokens: [], text: fresh });
    if (step.kind !== 'resumed') onPrefilled();
    if (step.kind === 'finished') finished = step;
    if (writer.firstStoredAt !== undefined) takenUp.settle();
  }
  if (finished === undefined)
    throw new MillraceError('engine_failed', 'The engine ended without saying why.');
  const { toolCalls } = calls;
  const finishReason = finished.reason === 'stop' && toolCalls.length > 0 ? 'tool_calls' : finished.reason;
  const isLast = choices.length > 1 && finishReason !== 'cancelled';
  if (isLast || finishReason === 'tool_calls') {
    await writer.push(choice, { tokens: [], text: '', toolCalls, ...(isLast ? { finishReason } : {}) });
  }
  return {
    finishReason,
    text,
    inputTokens: generation.promptTokens.length,
    cachedTokens: finished.cachedTokens,
    timings: finished.timings,
  };
}
