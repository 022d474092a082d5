import { MillraceError } from '@millrace/runtime';
import type { Generation } from './generation.ts';

export interface GenerationLimits {
  readonly contextLength: number;
  readonly vocabularySize: number;
}

/** @throws MillraceError missing_value, invalid_value or context_length_exceeded, with `param` */
export function validateGeneration(generation: Generation, limits: GenerationLimits): void {
  const { promptTokens, continuation, maxTokens, logprobs } = generation;
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
  require(promptTokens.every(isToken), 'messages', 'messages has a token that the model does not know');
  require(continuation.every(
    isToken,
  ), 'continuation', 'continuation has a token that the model does not know');
  requireWhole('max_tokens', maxTokens, 1);
  if (logprobs !== undefined) requireWhole('logprobs', logprobs, 0, 20);
  validateSampling(generation, limits);
}

function validateSampling(generation: Generation, { vocabularySize }: GenerationLimits): void {
  const { temperature, topP } = generation;
  requireNumber('temperature', temperature, 0);
  requireNumber('min_p', generation.minP, 0, 1);
  requireWhole('top_k', generation.topK, 0);
  require(topP > 0 && topP <= 1, 'top_p', `top_p is ${topP}: it must be above 0 and at most 1`);
  requireNumber('repetition_penalty', generation.repetitionPenalty, 0.01, 100);
  requireNumber('presence_penalty', generation.presencePenalty, -2, 2);
  requireNumber('frequency_penalty', generation.frequencyPenalty, -2, 2);
  for (const [token, bias] of generation.logitBias) {
    const known = Number.isInteger(token) && token >= 0 && token < vocabularySize;
    const ids = `token ids are whole numbers from 0 to ${vocabularySize - 1}`;
    require(known, 'logit_bias', `logit_bias has the token ${token}: ${ids}`);
    requireNumber('logit_bias', bias, -100, 100, `logit_bias of token ${token}`);
  }
}

function requireNumber(param: string, value: number, min: number, max = Infinity, name = param): void {
  const valid = Number.isFinite(value) && value >= min && value <= max;
  require(valid, param, `${name} is ${value}: it must be a number ${range(min, max)}`);
}

function requireWhole(param: string, value: number, min: number, max = Infinity): void {
  const valid = Number.isInteger(value) && value >= min && value <= max;
  require(valid, param, `${param} is ${value}: it must be a whole number ${range(min, max)}`);
}

function range(min: number, max: number): string {
  return max === Infinity ? `from ${min}` : `from ${min} to ${max}`;
}

function require(condition: boolean, param: string, message: string): void {
  if (!condition) throw new MillraceError('invalid_value', message, { param });
}
