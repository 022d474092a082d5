import type { JsonSchema } from '@millrace/stage';
import { literal, nothing, optional, repeat, sequence } from './ebnf.ts';
import { anyObject, listOf, separators } from './json-values.ts';
import { otherKey } from './other-keys.ts';
import type { SchemaPath } from './schema-path.ts';
import { isSchemaObject, type Translation } from './translation.ts';

export const objectKeywords = [
  'properties',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
] as const;

interface Member {
  readonly text: string;
  readonly required: boolean;
}

/** What properties beside the named ones may be. */
type Others = { readonly schema: unknown; readonly path: SchemaPath } | undefined;

/** An object, its properties in the order in which the schema has them. @throws `unsupported_value` */
export function objectRule(schema: JsonSchema, path: SchemaPath, translation: Translation): string {
  const { rules, refuse } = translation;
  const others = othersOf(schema, path);
  const members = membersOf(schema, path, others, translation);
  if (
    members.length === 0 &&
    others?.schema === true &&
    !('maxProperties' in schema) &&
    !('minProperties' in schema)
  )
    return anyObject(rules);
  const requiredCount = members.filter(({ required }) => required).length;
  if (Number(schema['minProperties'] ?? 0) > requiredCount)
    throw refuse([...path, 'minProperties'], 'it is enforced only as far as required goes');
  const room = Number(schema['maxProperties'] ?? Infinity) - members.length;
  if (room < 0)
    throw refuse(
      [...path, 'maxProperties'],
      'it is enforced only where it is no less than the named properties',
    );
  const maxOthers = room === Infinity ? undefined : Math.min(room, 1_000);
  const other =
    others === undefined || room === 0
      ? undefined
      : otherMember(schema, others, members.length > 0, translation);
  let first = other === undefined ? nothing : optional(listOf(other, 1, maxOthers));
  let next = other === undefined ? nothing : repeat(sequence(separators.item, other), 0, maxOthers);
  for (const { text, required } of members.toReversed()) {
    const here = rules.add(sequence(text, next));
    first = required ? here : rules.oneOf([here, first]);
    const later = sequence(separators.item, here);
    next = required ? later : rules.oneOf([later, next]);
  }
  return rules.add(sequence(literal('{'), first, literal('}')));
}

/** Properties that are not named: where some are named, an answer has others only if the schema asks for them. */
function othersOf(schema: JsonSchema, path: SchemaPath): Others {
  const { additionalProperties } = schema;
  if (additionalProperties === false) return undefined;
  if (additionalProperties === undefined) {
    const isMap = !isSchemaObject(schema['properties']) || Object.keys(schema['properties']).length === 0;
    return isMap ? { schema: true, path } : undefined;
  }
  return { schema: additionalProperties, path: [...path, 'additionalProperties'] };
}

function membersOf(
  schema: JsonSchema,
  path: SchemaPath,
  others: Others,
  translation: Translation,
): readonly Member[] {
  const properties = Object.entries(isSchemaObject(schema['properties']) ? schema['properties'] : {});
  const required = new Set(Array.isArray(schema['required']) ? schema['required'].map(String) : []);
  const members = properties.map(([name, property]) => ({
    text: memberText(name, translation.translate(property, [...path, 'properties', name])),
    required: required.delete(name),
  }));
  for (const name of required) {
    if (schema['additionalProperties'] === false)
      throw translation.refuse(
        [...path, 'required'],
        'it names a property that additionalProperties excludes',
      );
    const { schema: value, path: valuePath } = others ?? { schema: true, path };
    members.push({ text: memberText(name, translation.translate(value, valuePath)), required: true });
  }
  return members;
}

function memberText(name: string, value: string): string {
  return sequence(literal(JSON.stringify(name)), separators.key, value);
}

function otherMember(
  schema: JsonSchema,
  others: NonNullable<Others>,
  named: boolean,
  translation: Translation,
): string {
  const properties = isSchemaObject(schema['properties']) ? Object.keys(schema['properties']) : [];
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const key = otherKey(named ? [...properties, ...required] : [], translation.rules);
  return translation.rules.add(
    sequence(key, separators.key, translation.translate(others.schema, others.path)),
  );
}
