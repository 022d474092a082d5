import * as fc from 'fast-check';
import type { JsonSchema } from '@millrace/stage';

const name = fc.constantFrom('a', 'b', 'ab', 'name', 'é', 'a"b', 'toString');
const description = fc.option(
  fc.record({ title: fc.constant('A title'), description: fc.constant('What it is') }),
  { nil: {} },
);

const integer = fc
  .record({
    minimum: fc.integer({ min: -2_000, max: 2_000 }),
    width: fc.nat(3_000),
    kind: fc.constantFrom('none', 'min', 'max', 'both', 'exclusive'),
  })
  .map(({ minimum, width, kind }): JsonSchema => {
    const maximum = minimum + width + 2;
    const bounds = {
      none: {},
      min: { minimum },
      max: { maximum },
      both: { minimum, maximum },
      exclusive: { exclusiveMinimum: minimum, exclusiveMaximum: maximum },
    }[kind];
    return { type: 'integer', ...bounds };
  });
const number = fc
  .tuple(fc.integer({ min: -5_000, max: 5_000 }), fc.nat(9_000), fc.constantFrom(1, 10, 1000), fc.boolean())
  .map(([from, width, unit, exclusive]): JsonSchema => {
    const [least, most] = [from / unit, (from + width + 2) / unit];
    return exclusive
      ? { type: 'number', exclusiveMinimum: least, exclusiveMaximum: most }
      : { type: 'number', minimum: least, maximum: most };
  });
const text = fc
  .tuple(fc.nat(6), fc.nat(8), fc.constantFrom('none', 'min', 'max', 'both'))
  .map(([min, width, kind]): JsonSchema => ({
    type: 'string',
    ...(kind === 'min' || kind === 'both' ? { minLength: min } : {}),
    ...(kind === 'max' || kind === 'both' ? { maxLength: min + width } : {}),
  }));
const pattern = fc
  .array(
    fc.constantFrom(
      'a',
      '.',
      '[a-c]',
      '[^a-c]',
      String.raw`\d`,
      String.raw`\S`,
      '(x|yz)?',
      'b{2,3}',
      'c*',
      String.raw`\.`,
    ),
    { minLength: 1, maxLength: 5 },
  )
  .chain((parts) =>
    fc.constantFrom(`^${parts.join('')}$`, parts.join(''), `^${parts.join('')}`, `(${parts.join('|')})$`),
  )
  .map((source): JsonSchema => ({ type: 'string', pattern: source }));
const scalar = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const values = fc
  .uniqueArray(scalar, { minLength: 1, maxLength: 4, selector: (value) => JSON.stringify(value) })
  .map((each): JsonSchema => ({ enum: each }));

/** For tests: schemas of all that is enforced, some of them recursive. */
export const randomSchema: fc.Arbitrary<JsonSchema> = fc
  .letrec<{ schema: JsonSchema; object: JsonSchema }>((tie) => ({
    object: fc
      .record({
        properties: fc.dictionary(name, tie('schema'), { maxKeys: 4 }),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        additional: fc.oneof(fc.constant(undefined), fc.constant(true), tie('schema')),
      })
      .map(({ properties, required, additional }): JsonSchema => ({
        type: 'object',
        properties,
        required,
        ...(additional === undefined ? {} : { additionalProperties: additional }),
      })),
    schema: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      integer,
      number,
      text,
      pattern,
      values,
      fc.constantFrom<JsonSchema>({ type: 'boolean' }, { type: ['null', 'string'] }, {}),
      tie('object'),
      fc
        .tuple(tie('schema'), fc.nat(3), fc.nat(3), fc.array(tie('schema'), { maxLength: 2 }))
        .map(([items, min, width, prefixItems]): JsonSchema => ({
          type: 'array',
          items,
          minItems: min,
          maxItems: min + width,
          ...(prefixItems.length === 0 ? {} : { prefixItems }),
        })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf): JsonSchema => ({ anyOf })),
      fc.constant<JsonSchema>({ anyOf: [{ $ref: '#/$defs/other' }, { type: 'null' }] }),
    ),
  }))
  .object.chain((object) => fc.tuple(fc.constant(object), description))
  .map(([object, described]): JsonSchema => ({
    ...described,
    ...object,
    $defs: { other: { ...object, $defs: undefined } },
  }))
  .map((schema) => JSON.parse(JSON.stringify(schema)) as JsonSchema);
