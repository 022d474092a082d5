import type { ChunkWriter } from '@millrace/stage';
import type { AnswerRequest } from './answer.ts';
import { generateChoice, type ChoiceGeneration } from './choice.ts';
import { endedBefore, notBegun, type ChoiceEnd } from './choice-end.ts';
import { eachChoice } from './each-choice.ts';
import type { LoadedModel } from './loaded-model.ts';

/** What the engine is asked for. */
export interface GenerationPlan {
  readonly model: LoadedModel;
  /** One for each choice. */
  readonly generations: readonly ChoiceGeneration[];
  /** Whether all choices answer the same prompt, which is computed and charged once. */
  readonly hasOnePrompt: boolean;
  /** How many choices may be in the engine at once. */
  readonly atOnce: number;
}

/**
 * Generates all choices of an answer. Where they have one prompt, the first one that is not at its end yet goes ahead until that is in
 * the prefix cache, so that the others find it there.
 *
 * @throws what one of them failed with
 */
export async function generateChoices(
  { model, generations, hasOnePrompt, atOnce }: GenerationPlan,
  request: AnswerRequest,
  writer: ChunkWriter,
): Promise<readonly ChoiceEnd[]> {
  const { choices } = request.takenUp.published;
  const leader = choices.findIndex(({ finishReason }) => finishReason === undefined);
  const prefilled = Promise.withResolvers<void>();
  const ends = await eachChoice(request, atOnce, async (choice, published) => {
    const generation = generations[choice];
    if (generation === undefined) throw new Error(`There is nothing to generate for choice ${choice}.`);
    if (published.finishReason !== undefined) return endedBefore(published, generation.promptTokens.length);
    try {
      if (generation.signal.aborted && published.tokens.length === 0) return notBegun(published);
      if (hasOnePrompt && choice !== leader) await prefilled.promise;
      return await generateChoice(model, generation, request, writer, choice, prefilled.resolve);
    } finally {
      if (choice === leader) prefilled.resolve();
    }
  });
  return hasOnePrompt ? ends.map((end, choice) => withoutSharedPrompt(end, choice, leader)) : ends;
}

/** The prompt counts with the first choice; what of it was cached, with the one that had it computed. */
function withoutSharedPrompt(end: ChoiceEnd, choice: number, leader: number): ChoiceEnd {
  return {
    ...end,
    inputTokens: choice === 0 ? end.inputTokens : 0,
    cachedTokens: choice === leader ? end.cachedTokens : 0,
  };
}
