import { expect, test } from 'vitest';
import { requireValidSchema } from './require-valid-schema.ts';

test('a type that does not exist is refused with its place and those that do', () => {
  const source = { root: { properties: { city: { type: 'txt' } } }, field: 'schema', param: 'schema' };
  expect(() => requireValidSchema(source)).toThrow(
    expect.objectContaining({
      code: 'invalid_value',
      param: 'schema',
      message: expect.stringMatching(/^schema\.properties\[0\]\.type must be one of "array", .*"string"$/),
    }),
  );
});
