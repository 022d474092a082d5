import { expect, test } from 'vitest';
import { requireWellFormed } from './well-formed.ts';

test('the path of the first lone surrogate is named', () => {
  expect(() => requireWellFormed({ messages: [{ content: 'fine 🎉' }, { content: 'cut \ud83c' }] })).toThrow(
    expect.objectContaining({ code: 'invalid_unicode', param: 'messages[1].content' }),
  );
});

test('names of fields are checked as well, whole text passes', () => {
  expect(() => requireWellFormed({ '\udc00': 1 })).toThrow(
    expect.objectContaining({ code: 'invalid_unicode' }),
  );
  expect(() => requireWellFormed({ a: ['é', 1, null, { b: '🎉' }] })).not.toThrow();
});
