import { MillraceError } from '@millrace/runtime';
import { createAnswerText, type AnswerText } from './answer-text.ts';
import type { AnswerRequest } from './answer.ts';
import type { ChunkWriter } from './chunk-writer.ts';
import type { FinishedStep, Generation, Step } from './engine/generation.ts';
import type { PublishedChoice } from './published.ts';
import { reportTokens } from './token-report.ts';

/** How one choice of an answer ended. */
export interface ChoiceEnd {
  readonly finishReason: string;
  readonly text: AnswerText;
  /** Undefined where an earlier attempt had brought it to its end. */
  readonly finished: FinishedStep | undefined;
}

/**
 * Generates one choice behind what is published of it, and hands it to the writer.
 *
 * @param onPrefilled called once its prompt is in the prefix cache, or it has ended without
 */
export async function generateChoice(
  request: AnswerRequest,
  writer: ChunkWriter,
  choice: number,
  published: PublishedChoice,
  onPrefilled: () => void,
): Promise<ChoiceEnd> {
  const { context, takenUp, generation, choices } = request;
  const text = createAnswerText(published.text);
  if (published.finishReason !== undefined)
    return { finishReason: published.finishReason, text, finished: undefined };
  const steps = context.model.engine.generate({
    ...generation,
    continuation: published.tokens,
    seed: generation.seed + BigInt(choice),
  });
  let finished: FinishedStep | undefined;
  for await (const step of steps) {
    const fresh = text.accept(step.text);
    if (step.kind === 'tokens') {
      const logprobs = reportOf(step, request);
      await writer.push(choice, { tokens: step.tokens, text: fresh, logprobs });
    } else if (fresh !== '') await writer.push(choice, { tokens: [], text: fresh });
    if (step.kind !== 'resumed') onPrefilled();
    if (step.kind === 'finished') finished = step;
    if (writer.firstStoredAt !== undefined) takenUp.settle();
  }
  if (finished === undefined)
    throw new MillraceError('engine_failed', 'The engine ended without saying why.');
  const finishReason = finished.reason;
  if (choices > 1 && finishReason !== 'cancelled')
    await writer.push(choice, { tokens: [], text: '', finishReason });
  return { finishReason, text, finished };
}

function reportOf({ tokens, logprobs }: Extract<Step, { kind: 'tokens' }>, { context }: AnswerRequest) {
  return logprobs === undefined ? undefined : reportTokens(tokens, logprobs, context.model.tokenBytes);
}

/** What all choices of a request have in common: each has its own continuation, and its own seed. */
export type CommonGeneration = Omit<Generation, 'continuation'>;
