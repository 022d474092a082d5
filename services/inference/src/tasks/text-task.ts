import type { RequestContent, RequestEvent } from '@millrace/stage';
import type { GenerationPlan } from '../choices.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { generationOf } from '../prepare.ts';
import { encodeTexts, taskOf } from './encode-texts.ts';
import { shareOf } from './share-of.ts';

/**
 * A task whose answer to each text is generated as a text.
 *
 * @throws `missing_value`, `context_length_exceeded`
 */
export async function planTexts(
  model: LoadedModel,
  operation: 'summarize' | 'translate',
  event: RequestEvent,
  content: RequestContent,
  signal: AbortSignal,
): Promise<GenerationPlan> {
  const prompts = await encodeTexts(model, operation, taskOf(content), 1);
  const generations = prompts.map((promptTokens, choice) =>
    generationOf(model, event, content, promptTokens, choice, signal),
  );
  return { model, generations, hasOnePrompt: false, atOnce: shareOf(model.engine) };
}
