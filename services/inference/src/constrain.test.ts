import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '@millrace/runtime';
import type { JsonSchema, RequestContent } from '@millrace/stage';
import { constraintOf } from './constrain.ts';
import { fabricatedEngine } from './engine/engine-fixture.ts';
import { GrammarPool } from './grammar/pool/grammar-pool.ts';
import { encodeVocabulary } from './grammar/pool/vocabulary.ts';
import { toolCallFormOf } from './grammar/tools/tool-call-form.ts';

const { engine } = fabricatedEngine();
const vocabulary = encodeVocabulary(
  130,
  (token) => (token < 128 ? Uint8Array.of(token) : new Uint8Array()),
  new Set([129]),
);
const grammars = new GrammarPool({ vocabulary, clock: systemClock });
const model = {
  engine,
  grammars,
  toolCalls: toolCallFormOf('{{ tools }}<tool_call>{"arguments"}</tool_call>'),
};
const signal = new AbortController().signal;
type Wanted = Pick<RequestContent, 'response_format' | 'tools' | 'tool_choice'>;

const formatOf = (schema: JsonSchema): Wanted => ({
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
});
const tools = [{ type: 'function', function: { name: 'weather' } }] as const;
const field = 'response_format.json_schema.schema';

afterAll(() => grammars.stop());

/** As the second property of an object. */
const part = (schema: JsonSchema): JsonSchema => ({ type: 'object', properties: { a: {}, b: schema } });

describe('constraintOf', () => {
  it.each<Wanted>([{}, { response_format: { type: 'text' } }, { tools, tool_choice: 'none' }])(
    'leaves free what asks for no form: %j',
    async (wanted) => {
      expect(await constraintOf(model, wanted, signal)).toBeUndefined();
    },
  );

  it.each<Wanted>([
    { response_format: { type: 'json_object' } },
    formatOf({ type: 'object', properties: { a: { type: 'string' } } }),
    { tools },
    { tools, tool_choice: 'required' },
    { tools, tool_choice: { type: 'function', function: { name: 'weather' } } },
  ])('compiles what has one: %j', async (wanted) => {
    const lease = await constraintOf(model, wanted, signal);
    expect(lease).toBeDefined();
    lease?.release();
  });

  it.each<[string, JsonSchema]>([
    ['properties[1].uniqueItems', part({ type: 'array', uniqueItems: true })],
    ['properties[1].contains', part({ type: 'array', contains: {} })],
    ['properties[1].not', part({ not: { type: 'string' } })],
    ['properties[1].if', part({ if: {} })],
    ['properties[1].multipleOf', part({ type: 'integer', multipleOf: 3 })],
    ['properties[1].patternProperties', part({ type: 'object', patternProperties: { a: {} } })],
    ['properties[1].propertyNames', part({ type: 'object', propertyNames: { maxLength: 3 } })],
    ['properties[1].dependentRequired', part({ type: 'object', dependentRequired: { a: ['b'] } })],
    ['properties[1].unevaluatedProperties', part({ type: 'object', unevaluatedProperties: false })],
    ['properties[1].minProperties', part({ type: 'object', minProperties: 1 })],
    ['properties[1].maxProperties', part({ type: 'object', properties: { x: {}, y: {} }, maxProperties: 1 })],
    ['properties[1].$ref', part({ $ref: 'https://example.com/schema' })],
    ['properties[1].$ref', part({ $ref: '#/$defs/nowhere' })],
    ['properties[1].minimum', part({ $ref: '#', minimum: 1 })],
    ['properties[1].$id', part({ $id: 'x', type: 'string' })],
    ['properties[1].$dynamicRef', part({ $dynamicRef: '#x' })],
    ['properties[1].minLength', part({ type: 'string', pattern: 'a', minLength: 3 })],
    ['properties[1].format', part({ type: 'string', format: 'uri' })],
    ['properties[1].pattern', part({ type: 'string', pattern: String.raw`(?=a)b` })],
    ['properties[1].pattern', part({ type: 'string', pattern: String.raw`(a)\1` })],
    ['properties[1].pattern', part({ type: 'string', pattern: String.raw`\p{L}` })],
    ['properties[1].pattern', part({ type: 'string', pattern: '(^a|b)c' })],
    ['properties[1].pattern', part({ type: 'string', pattern: String.raw`^(\w+ ?)*$` })],
    ['properties[1].pattern', part({ type: 'string', pattern: '(a{100}){100}' })],
    ['properties[1].minimum', part({ type: 'string', minimum: 3 })],
    ['properties[1].minimum', part({ anyOf: [{ type: 'integer' }], minimum: 3 })],
    ['properties[1].maxLength', part({ enum: ['a'], maxLength: 3 })],
    ['properties[1].enum', part({ type: 'integer', enum: ['a'] })],
    ['properties[1].oneOf', part({ oneOf: [{ type: 'integer' }, { type: 'number' }] })],
    ['properties[1].allOf', part({ allOf: [{ type: 'integer' }, { minimum: 3 }] })],
    ['properties[1].required', part({ type: 'object', required: ['x'], additionalProperties: false })],
    ['properties[1]', part({ type: 'integer', minimum: 3, maximum: 2 })],
    ['properties[1].madeUp', part({ madeUp: true })],
    ['properties[1].anyOf[0]', { type: 'object', properties: { a: {}, b: { anyOf: [false] } } }],
    [
      '$defs[0]',
      {
        $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } }, required: ['a'] } },
        properties: { a: { $ref: '#/$defs/a' } },
      },
    ],
  ])('refuses what it cannot enforce, by its place: %s', async (place, schema) => {
    const refusal = constraintOf(model, formatOf(schema), signal);
    await expect(refusal).rejects.toMatchObject({
      code: 'unsupported_value',
      param: field,
      retryable: false,
    });
    await expect(refusal).rejects.toThrow(`${field}.${place}: `);
  });

  it.each<[string, JsonSchema]>([
    ['properties[0].type', { properties: { secret: { type: 'text' } } }],
    ['required', { required: 'secret' }],
    ['properties[0].pattern', { properties: { secret: { type: 'string', pattern: 5 } } }],
  ])('says where a schema is none, and quotes nothing of it: %s', async (place, schema) => {
    const refusal = constraintOf(model, formatOf(schema), signal);
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_value', param: field });
    await expect(refusal).rejects.toThrow(`${field}.${place} `);
    await expect(refusal).rejects.not.toThrow('secret');
  });

  it('refuses schemas that are too large or too deep', async () => {
    let deep: JsonSchema = {};
    for (let level = 0; level < 40; level += 1) deep = { items: deep };
    const large = { enum: Array.from({ length: 20_000 }, (_, index) => index) };
    for (const schema of [deep, large]) {
      await expect(constraintOf(model, formatOf(schema), signal)).rejects.toMatchObject({
        code: 'unsupported_value',
        param: field,
      });
    }
  });

  it('names the model that has no tools', async () => {
    await expect(constraintOf({ ...model, toolCalls: undefined }, { tools }, signal)).rejects.toMatchObject({
      code: 'unsupported_value',
      param: 'tools',
      message: expect.stringContaining('fabricated') as string,
    });
  });

  it('refuses tools together with another form, and says which parameters of a tool it cannot enforce', async () => {
    const both = { tools, response_format: { type: 'json_object' } } as const;
    await expect(constraintOf(model, both, signal)).rejects.toMatchObject({ code: 'conflicting_values' });
    const bad = [{ type: 'function', function: { name: 'a', parameters: { not: {} } } }] as const;
    await expect(constraintOf(model, { tools: bad }, signal)).rejects.toMatchObject({
      param: 'tools',
      message: expect.stringContaining('tools[0].function.parameters.not: ') as string,
    });
  });

  it('refuses every form where the engine has none', async () => {
    const free = { engine, toolCalls: undefined };
    await expect(
      constraintOf(free, { response_format: { type: 'json_object' } }, signal),
    ).rejects.toMatchObject({
      code: 'unsupported_value',
      param: 'response_format',
    });
  });
});
