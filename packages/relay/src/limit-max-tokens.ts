import { MillraceError } from '@millrace/runtime';
import type { Generation } from './submission.ts';

/**
 * Holds a request to what it may generate: one that asks for more is refused, a default gives way.
 *
 * @param limit most tokens of each choice
 * @throws `invalid_value`
 */
export function limitMaxTokens(generation: Generation, limit: number): Generation {
  const { parameters, isMaxTokensGiven } = generation;
  const { max_tokens } = parameters;
  if (max_tokens <= limit) return generation;
  if (!isMaxTokensGiven) return { ...generation, parameters: { ...parameters, max_tokens: limit } };
  throw new MillraceError(
    'invalid_value',
    `max_tokens is ${max_tokens}: it must be a whole number from 1 to ${limit}`,
    { param: 'max_tokens' },
  );
}
