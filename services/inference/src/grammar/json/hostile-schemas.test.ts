import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '@millrace/stage';
import { grammarOf } from './answers.fixture.ts';

const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Each level stands for two properties and the others. */
function shared(depth: number): JsonSchema {
  return depth === 0
    ? { type: 'string' }
    : { type: 'object', required: ['a', 'b'], additionalProperties: shared(depth - 1) };
}

/** Branches that only their last property tells apart. */
function tagged(branches: number, properties: number, values: number): JsonSchema {
  const names = many(properties, (index) => `p${index}`);
  const common = Object.fromEntries(names.map((name) => [name, { $ref: '#/$defs/values' }]));
  return {
    $defs: { values: { enum: many(values, (index) => index) } },
    oneOf: many(branches, (index) => ({
      type: 'object',
      required: [...names, 'tag'],
      properties: { ...common, tag: { const: index } },
    })),
  };
}

function chain(length: number): JsonSchema {
  const links = many(length, (index) => [
    `d${index}`,
    { properties: { a: { $ref: `#/$defs/d${index + 1}` } } },
  ]);
  return { $defs: { ...Object.fromEntries(links), [`d${length}`]: { type: 'null' } }, $ref: '#/$defs/d0' };
}

describe('a hostile schema', () => {
  it.each<[string, JsonSchema]>([
    ['one part for many properties', shared(28)],
    ['many values to tell apart', { oneOf: many(2_000, (index) => ({ const: index })) }],
    ['a long tuple', { type: 'array', prefixItems: many(5_000, () => true) }],
    ['a long name', { properties: { ['a'.repeat(2_000)]: {} }, additionalProperties: true }],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }],
  ])('is translated: %s', (_, schema) => {
    expect(grammarOf(schema)).toContain('root ::=');
  });

  it.each<[string, JsonSchema, string]>([
    ['a long chain of references', chain(800), 'more than 128'],
    ['groups in groups', { pattern: `^${'('.repeat(800)}a${')'.repeat(800)}$` }, '64 levels'],
    ['many branches with many values', tagged(100, 5, 3_000), 'too long to compare'],
    ['a very long name', { properties: { ['a'.repeat(60_000)]: {} }, additionalProperties: true }, 'bytes'],
    ['a reference to what is no schema', { $ref: '#/default', default: { enum: 5 } }, '$ref'],
    ['a reference to a name', { $ref: '#/properties', properties: { anyOf: { type: 'null' } } }, '$ref'],
  ])('is refused: %s', (_, schema, why) => {
    expect(() => grammarOf(schema)).toThrow(
      expect.objectContaining({ code: 'unsupported_value', message: expect.stringContaining(why) }),
    );
  });
});
