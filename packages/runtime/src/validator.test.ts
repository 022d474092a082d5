import { expect, test } from 'vitest';
import { MillraceError } from './millrace-error.ts';
import { compileValidator } from './validator.ts';

const validate = compileValidator<{ readonly type: string }>({
  type: 'object',
  required: ['type'],
  additionalProperties: false,
  properties: {
    type: { enum: ['generate', 'cancel'] },
    prompt: { type: 'string', minLength: 1, 'x-content': true },
    messages: {
      type: 'array',
      minItems: 1,
      'x-content': true,
      items: {
        type: 'object',
        required: ['content'],
        additionalProperties: true,
        properties: { content: { $ref: '#/definitions/content' }, role: { enum: ['user', 'system'] } },
      },
    },
    stop: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
    max_tokens: { type: 'integer', minimum: 1, maximum: 8192 },
    top_k: { type: 'integer', minimum: 0 },
    id: { type: 'string', minLength: 36, maxLength: 36 },
    request_id: { type: 'string', format: 'uuid' },
  },
  definitions: { content: { type: 'string' } },
});

function errorOf(value: unknown): MillraceError {
  try {
    validate(value);
  } catch (error) {
    return MillraceError.from(error);
  }
  throw new Error('the value is valid');
}

test('a valid value comes back as it is', () => {
  const value = { type: 'generate', prompt: 'x', stop: ['a'] };
  expect(validate(value)).toBe(value);
});

test.each([
  [{}, 'missing_value', 'type', 'type is missing: it must be one of "generate", "cancel"'],
  ['text', 'invalid_value', undefined, 'The message is "text": it must be an object'],
  [{ type: 'generat' }, 'invalid_value', 'type', 'type is "generat": it must be one of "generate", "cancel"'],
  [
    { type: 'generate', temperature: 3 },
    'invalid_value',
    'temperature',
    'temperature is 3: it must be a number from 0 to 2',
  ],
  [
    { type: 'generate', temperature: '1' },
    'invalid_value',
    'temperature',
    'temperature is "1": it must be a number from 0 to 2',
  ],
  [
    { type: 'generate', max_tokens: 0 },
    'invalid_value',
    'max_tokens',
    'max_tokens is 0: it must be a whole number from 1 to 8192',
  ],
  [
    { type: 'generate', prompt: '' },
    'missing_value',
    'prompt',
    'prompt is empty: it must be a text of at least 1 character',
  ],
  [
    { type: 'generate', top_k: -1 },
    'invalid_value',
    'top_k',
    'top_k is -1: it must be a whole number of at least 0',
  ],
  [{ type: 'generate', id: 'one' }, 'invalid_value', 'id', 'id is "one": it must be a text of 36 characters'],
  [
    { type: 'generate', request_id: 'one' },
    'invalid_value',
    'request_id',
    'request_id is "one": it must be a UUID',
  ],
  [
    JSON.parse('{"type":"generate","temperature":1e400}'),
    'invalid_value',
    'temperature',
    'temperature is Infinity: it must be a number from 0 to 2',
  ],
  [
    { type: 'generate', messages: [] },
    'missing_value',
    'messages',
    'messages is empty: it must be a list of at least 1 item',
  ],
  [
    { type: 'generate', messages: [{}] },
    'missing_value',
    'messages[0].content',
    'messages[0].content is missing',
  ],
  [{ type: 'generate', stop: 4 }, 'invalid_value', 'stop', 'stop is 4: it must be a text or a list'],
  [
    { type: 'generate', tempreature: 1 },
    'invalid_value',
    'tempreature',
    'tempreature is not a field that exists here: the fields are type, prompt, messages, stop, temperature, max_tokens, top_k, id, request_id',
  ],
])('%j is refused with field, value and what is allowed', (value, code, param, message) => {
  expect(() => validate(value)).toThrow(expect.objectContaining({ code, param, message }));
});

const tagged = {
  type: 'object',
  discriminator: { propertyName: 'type' },
  oneOf: [
    { required: ['type'], properties: { type: { const: 'text' } } },
    { required: ['type'], properties: { type: { const: 'json' } } },
  ],
};
const validateDetails = compileValidator({
  type: 'object',
  properties: {
    format: { ...tagged, 'x-content': true },
    shape: tagged,
    name: { type: 'string', pattern: '^[a-z]{1,8}$' },
    day: { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2}$`, examples: ['2026-11-28'] },
    bias: {
      type: 'object',
      'x-content': true,
      maxProperties: 2,
      propertyNames: { type: 'string', pattern: '^[0-9]$' },
      additionalProperties: { type: 'number', minimum: -1, maximum: 1 },
    },
    actions: {
      type: 'object',
      propertyNames: { type: 'string', pattern: '^[A-Z]+$', examples: ['PERSON'] },
    },
    changes: { type: 'object', minProperties: 1, properties: { name: {}, age: {} } },
  },
});

test.each([
  [{ shape: { type: 'xml' } }, 'shape.type', 'shape.type is "xml": it must be one of "text", "json"'],
  [
    { format: { type: 'xml' } },
    'format.type',
    'format.type is a text of 3 characters: it must be one of "text", "json"',
  ],
  [{ format: {} }, 'format.type', 'format.type is missing: it must be one of "text", "json"'],
  [{ name: 'A b' }, 'name', 'name is "A b": it must be a text that matches ^[a-z]{1,8}$'],
  [{ day: 'today' }, 'day', 'day is "today": it must be a text such as 2026-11-28'],
  [
    { bias: { canary: 1 } },
    'bias',
    'bias has a field whose name is not allowed: it must be a text that matches ^[0-9]$',
  ],
  [
    { actions: { person: 'x' } },
    'actions.person',
    'actions has the field person: its name must be a text such as PERSON',
  ],
  [
    { actions: { 'ada@corp.example': 'x' } },
    'actions',
    'actions has a field whose name is not allowed: it must be a text such as PERSON',
  ],
  [{ changes: {} }, 'changes', 'changes has no field: it must have one of name, age'],
  [{ bias: { 5: 3 } }, 'bias[5]', 'bias[5] is out of range: it must be a number from -1 to 1'],
  [
    { bias: { 1: 1, 2: 1, 3: 1 } },
    'bias',
    'bias is an object of 3 fields: it must be an object of at most 2 fields',
  ],
])('%j is refused with the place and what is allowed there', (value, param, message) => {
  expect(() => validateDetails(value)).toThrow(expect.objectContaining({ param, message }));
});

test('content is never quoted, also deep inside a field of content or behind a reference', () => {
  for (const value of [
    { type: 'generate', prompt: ['canary'] },
    { type: 'generate', messages: ['canary'] },
    { type: 'generate', messages: [{ content: 'x', role: 'canary' }] },
  ]) {
    expect(() => validate(value)).toThrow(
      expect.objectContaining({ code: 'invalid_value', message: expect.not.stringContaining('canary') }),
    );
  }
});

test('a field whose name is no name of a field is not quoted', () => {
  for (const name of ['my secret prompt', 'x'.repeat(42), '']) {
    const { message, param } = errorOf({ type: 'generate', [name]: 1 });
    expect(message).toMatch(
      /^The message has a field that does not exist here: the fields are type, prompt,/,
    );
    expect(param).toBeUndefined();
  }
});

test('a long list of fields is left out', () => {
  const fields = Array.from({ length: 100 }, (_, index) => [`field_${index}`, { type: 'string' }]);
  const properties = Object.fromEntries(fields) as object;
  const many = compileValidator({ type: 'object', additionalProperties: false, properties });
  expect(() => many({ other: 1 })).toThrow(/^other is not a field that exists here$/);
});

test('a long value is shortened', () => {
  expect(() => validate({ type: 'x'.repeat(5_000) })).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{0,120}$/) }),
  );
});
