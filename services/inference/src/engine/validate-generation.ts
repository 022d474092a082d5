import { MillraceError } from '@millrace/runtime';
import type { Generation } from './generation.ts';

export interface GenerationLimits {
  readonly contextLength: number;
  readonly vocabularySize: number;
}

/** @throws MillraceError missing_value, invalid_value or context_length_exceeded, with `param` */
export function validateGeneration(generation: Generation, limits: GenerationLimits): void {
  const { promptTokens, continuation, maxTokens, temperature, topK, topP } = generation;
  if (promptTokens.length === 0) {
    throw new MillraceError('missing_value', 'The prompt has no tokens', { param: 'messages' });
  }
  if (promptTokens.length >= limits.contextLength) {
    throw new MillraceError(
      'context_length_exceeded',
      `The prompt has ${promptTokens.length} tokens; prompt and answer together can have ${limits.contextLength}`,
      { param: 'messages' },
    );
  }
  const isToken = (token: number): boolean => token >= 0 && token < limits.vocabularySize;
  require(promptTokens.every(isToken), 'messages', 'has a token that the model does not know');
  require(continuation.every(isToken), 'continuation', 'has a token that the model does not know');
  require(Number.isInteger(maxTokens) && maxTokens >= 1, 'max_tokens', 'must be a whole number from 1');
  require(Number.isFinite(temperature) && temperature >= 0, 'temperature', 'must be a number from 0');
  require(Number.isInteger(topK) && topK >= 0, 'top_k', 'must be a whole number from 0');
  require(topP > 0 && topP <= 1, 'top_p', 'must be above 0 and at most 1');
}

function require(condition: boolean, param: string, what: string): void {
  if (!condition) throw new MillraceError('invalid_value', `${param} ${what}`, { param });
}
