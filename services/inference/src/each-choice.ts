import type { AnswerRequest } from './answer.ts';
import type { ChoiceEnd } from './choice-end.ts';
import type { PublishedChoice } from './published.ts';

/**
 * Works on all choices of an answer, so many at once. Where one fails, the others are stopped.
 *
 * @throws what one of them failed with
 */
export async function eachChoice(
  { interruption, takenUp }: Pick<AnswerRequest, 'interruption' | 'takenUp'>,
  atOnce: number,
  work: (choice: number, published: PublishedChoice) => Promise<ChoiceEnd>,
): Promise<readonly ChoiceEnd[]> {
  const { choices } = takenUp.published;
  const ends: ChoiceEnd[] = [];
  const waiting = choices.entries();
  const workOff = async (): Promise<void> => {
    for (const [choice, published] of waiting) {
      try {
        ends[choice] = await work(choice, published);
      } catch (error) {
        interruption.fail(error);
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(atOnce, choices.length) }, workOff));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return ends;
}
