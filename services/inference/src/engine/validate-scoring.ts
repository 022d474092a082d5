import { MillraceError } from '@millrace/runtime';
import type { Scoring } from './scoring.ts';
import type { GenerationLimits } from './validate-generation.ts';

/** @throws MillraceError missing_value, invalid_value or context_length_exceeded */
export function validateScoring(
  { promptTokens, continuations }: Scoring,
  { contextLength, vocabularySize }: GenerationLimits,
): void {
  if (promptTokens.length === 0) throw new MillraceError('missing_value', 'The prompt has no tokens');
  if (continuations.length === 0 || continuations.some(({ length }) => length === 0))
    throw new MillraceError('missing_value', 'A continuation has no tokens');
  const longest = Math.max(...continuations.map(({ length }) => length));
  if (promptTokens.length + longest > contextLength) {
    throw new MillraceError(
      'context_length_exceeded',
      `The prompt has ${promptTokens.length} tokens and a continuation has ${longest}; together they can have ${contextLength}`,
    );
  }
  const isToken = (token: number): boolean => token >= 0 && token < vocabularySize;
  if ([promptTokens, ...continuations].every((tokens) => tokens.every(isToken))) return;
  throw new MillraceError('invalid_value', 'There is a token that the model does not know');
}
