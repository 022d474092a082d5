import { createAnswerText, type AnswerText } from './answer-text.ts';
import type { GenerationTimings } from './engine/generation.ts';
import type { PublishedChoice } from './published.ts';

/** How one choice of an answer ended. */
export interface ChoiceEnd {
  readonly finishReason: string;
  readonly text: AnswerText;
  /** Tokens of its prompt, where they are charged. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  /** Undefined where this attempt did nothing for it. */
  readonly timings: Pick<GenerationTimings, 'queueMs' | 'prefillMs'> | undefined;
}

/** The end of a choice that an earlier attempt had brought to its end. */
export function endedBefore(
  { text, finishReason = 'stop' }: PublishedChoice,
  inputTokens: number,
): ChoiceEnd {
  return {
    finishReason,
    text: createAnswerText(text),
    inputTokens,
    cachedTokens: 0,
    timings: undefined,
  };
}

/** The end of a choice for which nothing was done before the request was stopped. */
export function notBegun({ text }: PublishedChoice): ChoiceEnd {
  return {
    finishReason: 'cancelled',
    text: createAnswerText(text),
    inputTokens: 0,
    cachedTokens: 0,
    timings: undefined,
  };
}
