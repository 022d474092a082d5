import { expect, it } from 'vitest';
import { limitMaxTokens } from './limit-max-tokens.ts';
import { readGeneration } from './read-generation.ts';

const ask = (max_tokens?: number) =>
  readGeneration({ prompt: 'Hello', ...(max_tokens === undefined ? {} : { max_tokens }) });

it('takes what is within the limit as it is', () => {
  expect(limitMaxTokens(ask(100), 100)).toEqual(ask(100));
});

it('refuses what asks for more, and says what is allowed', () => {
  expect(() => limitMaxTokens(ask(101), 100)).toThrow(
    expect.objectContaining({
      code: 'invalid_value',
      param: 'max_tokens',
      message: 'max_tokens is 101: it must be a whole number from 1 to 100',
    }),
  );
});

it('lets the default give way', () => {
  expect(limitMaxTokens(ask(), 100).parameters).toEqual({ ...ask().parameters, max_tokens: 100 });
});
