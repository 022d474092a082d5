import type { SchemaPath } from './schema-path.ts';
import { namedTypes, typeOfValue, type JsonType } from './schema-types.ts';
import { isSchemaObject, type Translation } from './translation.ts';

/** Whether no value fits two of these schemas, as far as their types, their values or a tag say so: `oneOf` is `anyOf` then. */
export function areExclusive(
  schemas: readonly unknown[],
  path: SchemaPath,
  translation: Translation,
): boolean {
  const branches = schemas.map((schema) => followed(schema, path, translation));
  return branches.every((a, index) =>
    branches.slice(index + 1).every((b) => differ(a, b, path, translation)),
  );
}

function followed(schema: unknown, path: SchemaPath, translation: Translation): unknown {
  const seen = new Set<unknown>();
  let current = schema;
  while (isSchemaObject(current) && typeof current['$ref'] === 'string' && !seen.has(current)) {
    seen.add(current);
    current = translation.resolve(current['$ref'], path).schema;
  }
  return current;
}

function differ(a: unknown, b: unknown, path: SchemaPath, translation: Translation): boolean {
  if (!isSchemaObject(a) || !isSchemaObject(b)) return false;
  const [valuesOfA, valuesOfB] = [valuesOf(a), valuesOf(b)];
  if (valuesOfA !== undefined && valuesOfB !== undefined) return valuesOfA.isDisjointFrom(valuesOfB);
  const [typesOfA, typesOfB] = [typesOf(a), typesOf(b)];
  if (typesOfA.size > 0 && typesOfB.size > 0 && typesOfA.isDisjointFrom(typesOfB)) return true;
  return shareTag(a, b, path, translation);
}

/** Both are objects that require a property whose values differ. */
function shareTag(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
  path: SchemaPath,
  translation: Translation,
): boolean {
  const [propertiesOfA, propertiesOfB] = [a['properties'], b['properties']];
  if (!isSchemaObject(propertiesOfA) || !isSchemaObject(propertiesOfB)) return false;
  const requiredOf = (schema: typeof a): readonly unknown[] =>
    Array.isArray(schema['required']) ? schema['required'] : [];
  if (a['type'] !== 'object' || b['type'] !== 'object') return false;
  return Object.keys(propertiesOfA).some((name) => {
    if (!requiredOf(a).includes(name) || !requiredOf(b).includes(name)) return false;
    const tags = [propertiesOfA[name], propertiesOfB[name]].map((tag) => followed(tag, path, translation));
    const [first, second] = tags.map((tag) => (isSchemaObject(tag) ? valuesOf(tag) : undefined));
    return first !== undefined && second !== undefined && first.isDisjointFrom(second);
  });
}

/** The scalars that are the only ones to fit, as JSON. */
function valuesOf(schema: Readonly<Record<string, unknown>>): Set<string> | undefined {
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (!Array.isArray(values) || values.some((value) => typeof value === 'object' && value !== null))
    return undefined;
  return new Set(values.map((value) => JSON.stringify(value)));
}

function typesOf(schema: Readonly<Record<string, unknown>>): Set<JsonType> {
  if ('const' in schema) return widened([typeOfValue(schema['const'])]);
  if (Array.isArray(schema['enum'])) return widened(schema['enum'].map(typeOfValue));
  return 'type' in schema ? widened(namedTypes(schema)) : new Set();
}

/** A whole number is a number too. */
function widened(types: readonly JsonType[]): Set<JsonType> {
  return new Set(types.map((type) => (type === 'integer' ? 'number' : type)));
}
