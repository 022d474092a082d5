import type { AnswerRequest } from './answer.ts';
import { generateChoice, type ChoiceEnd } from './choice.ts';
import type { ChunkWriter } from './chunk-writer.ts';

/**
 * Generates all choices of an answer at the same time. The first one that is not at its end yet goes ahead until its prompt is in
 * the prefix cache, so that the others find it there. Where one fails, the others are stopped.
 *
 * @throws what the first of them failed with
 */
export async function generateChoices(
  request: AnswerRequest,
  writer: ChunkWriter,
): Promise<readonly ChoiceEnd[]> {
  const { interruption, takenUp } = request;
  const { choices } = takenUp.published;
  const leader = choices.findIndex(({ finishReason }) => finishReason === undefined);
  const prefilled = Promise.withResolvers<void>();
  const ends = await Promise.allSettled(
    choices.map(async (published, choice) => {
      try {
        if (choice !== leader && published.finishReason === undefined) await prefilled.promise;
        return await generateChoice(request, writer, choice, published, prefilled.resolve);
      } catch (error) {
        interruption.fail(error);
        throw error;
      } finally {
        if (choice === leader) prefilled.resolve();
      }
    }),
  );
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
