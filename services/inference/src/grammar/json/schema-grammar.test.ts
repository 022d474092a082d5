import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '@millrace/stage';
import { answersTo, loadFixtureInstance } from './answers.fixture.ts';
import { randomSchema } from './random-schema.fixture.ts';

const instance = await loadFixtureInstance();

function validatorOf(schema: JsonSchema | boolean): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false, ownProperties: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  return (value) => validate(value);
}

/** Draws answers and checks those that come to their end. @returns how many did */
async function checkAnswers(schema: JsonSchema | boolean, count: number, seed = 1): Promise<number> {
  const isValid = validatorOf(schema);
  const answers = await answersTo(instance, schema);
  let ended = 0;
  try {
    for (let index = 0; index < count; index += 1) {
      const text = await answers.draw(seed * 1_000 + index);
      if (text === undefined) continue;
      ended += 1;
      expect({ text, valid: isValid(JSON.parse(text)) }).toEqual({ text, valid: true });
    }
  } finally {
    answers.dispose();
  }
  return ended;
}

const examples: Readonly<Record<string, JsonSchema>> = {
  'any value': {},
  'any object': { type: 'object' },
  'an object': {
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: 'integer', minimum: 0, maximum: 120 },
      good: { type: 'boolean' },
    },
    required: ['name', 'age'],
    additionalProperties: false,
  },
  'only optional properties': {
    type: 'object',
    properties: { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } },
  },
  'other properties beside named ones': {
    type: 'object',
    properties: { alpha: { type: 'integer' }, a: { type: 'null' }, 'é"': { type: 'null' } },
    required: ['alpha', 'more'],
    additionalProperties: { type: 'boolean' },
    maxProperties: 5,
  },
  'a map': {
    type: 'object',
    additionalProperties: { type: 'number', minimum: -0.5, exclusiveMaximum: 2.25 },
  },
  'nested objects': {
    type: 'object',
    properties: {
      a: {
        type: 'object',
        properties: {
          b: {
            type: 'array',
            items: { type: 'object', properties: { c: { type: 'integer' } }, required: ['c'] },
          },
        },
        required: ['b'],
      },
    },
    required: ['a'],
  },
  'an array with bounds': { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 4 },
  'a tuple': {
    type: 'array',
    prefixItems: [{ type: 'string' }, { type: 'integer' }],
    items: { type: 'boolean' },
    minItems: 1,
    maxItems: 5,
  },
  'a tuple without more': { type: 'array', prefixItems: [{ type: 'null' }, { type: 'boolean' }] },
  'an enum': { enum: ['red', 'green', 1, null, { a: [1, 2.5, '\n/"\\'] }] },
  'an enum with a type': { type: 'string', enum: ['red', 4, 'é\u{1f600}'] },
  'a const': { const: 'always' },
  anyOf: { anyOf: [{ type: 'string', maxLength: 3 }, { type: 'integer', minimum: 100 }, { type: 'null' }] },
  'oneOf by type': { oneOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'null' } }] },
  'oneOf by tag': {
    oneOf: ['cat', 'dog'].map((kind) => ({
      type: 'object',
      properties: { kind: { const: kind }, [kind]: { type: 'integer' } },
      required: ['kind', kind],
    })),
  },
  'several types': { type: ['integer', 'string', 'null'], minimum: 5, maxLength: 2 },
  'a string with bounds': { type: 'string', minLength: 3, maxLength: 6 },
  'a pattern': { type: 'string', pattern: String.raw`^[A-Z]{2}-\d{3,5}$` },
  'a pattern without anchors': { type: 'string', pattern: String.raw`a.?b|^\w+\s$|[^a-z]{2}$` },
  'a pattern of groups': { type: 'string', pattern: String.raw`^\w+(-[a-z]{1,3})*( (ab?){2} ){0,3}$` },
  'a pattern with quotes': { type: 'string', pattern: String.raw`^"[^"]{0,3}\\\n?$` },
  'a reference': {
    $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
    type: 'array',
    items: { $ref: '#/$defs/point' },
  },
  'a list by recursion': {
    $defs: {
      node: {
        type: 'object',
        properties: {
          value: { type: 'integer' },
          next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
        },
        required: ['value', 'next'],
      },
    },
    $ref: '#/$defs/node',
  },
  'a tree that is its own root': {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#' } } },
  },
  'allOf with one schema': {
    allOf: [{ $ref: '#/definitions/it' }],
    definitions: { it: { type: 'boolean' } },
  },
  ...Object.fromEntries(
    ['date', 'time', 'date-time', 'uuid', 'ipv4', 'hostname', 'email'].map((format) => [
      `the format ${format}`,
      { type: 'string', format },
    ]),
  ),
};

describe('schemaExpression', () => {
  it.each(Object.entries(examples))('lets nothing through that does not fit: %s', async (_, schema) => {
    expect(await checkAnswers(schema, 30)).toBeGreaterThan(5);
  });

  it('lets nothing through that does not fit a random schema', async () => {
    await fc.assert(
      fc.asyncProperty(randomSchema, fc.nat(10_000), async (schema, seed) => {
        expect(await checkAnswers(schema, 4, seed)).toBeLessThanOrEqual(4);
      }),
      { numRuns: 60 },
    );
  });

  it('lets through exactly the numbers between two bounds', async () => {
    const bound = fc.integer({ min: -300, max: 300 });
    await fc.assert(
      fc.asyncProperty(bound, fc.nat(250), fc.constantFrom(1, 10), async (from, width, unit) => {
        const [minimum, maximum] = [from / unit, (from + width) / unit];
        const answers = await answersTo(instance, {
          type: unit === 1 ? 'integer' : 'number',
          minimum,
          maximum,
        });
        for (let value = from - 12; value <= from + width + 12; value += 1) {
          const inside = value / unit >= minimum && value / unit <= maximum;
          expect([value, await answers.accepts(String(value / unit))]).toEqual([value, inside]);
        }
        answers.dispose();
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['{"a": 1}', true],
    ['{"a": 1, "b": "x"}', true],
    ['{"b": "x"}', false],
    ['{"a":1}', false],
    ['{"a": 1, "a": 2}', false],
    ['{"a": 1, "c": 2}', false],
    [' {"a": 1}', false],
    ['{"a": 1} ', false],
  ])('has one way to write an object: %s is one: %s', async (text, accepted) => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'string' } },
      required: ['a'],
    };
    const answers = await answersTo(instance, schema);
    expect(await answers.accepts(text)).toBe(accepted);
    answers.dispose();
  });
});
