import type { JsonSchema } from '@millrace/stage';
import type { SchemaPath } from './schema-path.ts';
import { namedTypes, typeOfValue, type JsonType } from './schema-types.ts';
import { isSchemaObject, type Translation } from './translation.ts';

/** Values that are compared at most, those of all pairs together. */
const maxCompared = 200_000;

/** What tells a schema from others. */
interface Branch {
  readonly values: ReadonlySet<string> | undefined;
  readonly types: ReadonlySet<JsonType>;
  /** The values of properties that an object has to have. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Whether no value fits two of these schemas, as far as their types, their values or a tag say so: `oneOf` is `anyOf` then.
 *
 * @throws `unsupported_value` where that takes too many comparisons
 */
export function areExclusive(
  schemas: readonly unknown[],
  path: SchemaPath,
  translation: Translation,
): boolean {
  const read = valueReader();
  const branches = schemas.map((schema) =>
    branchOf(followed(schema, path, translation), read, path, translation),
  );
  const values = branches.flatMap((branch) => (branch?.values === undefined ? [] : [branch.values]));
  if (values.length === branches.length) {
    return (
      new Set(values.flatMap((each) => [...each])).size === values.reduce((sum, { size }) => sum + size, 0)
    );
  }
  let compared = 0;
  const areDisjoint = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => {
    compared += 1 + Math.min(a.size, b.size);
    if (compared > maxCompared)
      throw translation.refuse([...path, 'oneOf'], 'its schemas take too long to compare; use anyOf');
    return a.isDisjointFrom(b);
  };
  return branches.every((a, index) => branches.slice(index + 1).every((b) => differ(a, b, areDisjoint)));
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

function differ(
  a: Branch | undefined,
  b: Branch | undefined,
  areDisjoint: (a: ReadonlySet<string>, b: ReadonlySet<string>) => boolean,
): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.values !== undefined && b.values !== undefined) return areDisjoint(a.values, b.values);
  if (a.types.size > 0 && b.types.size > 0 && areDisjoint(a.types, b.types)) return true;
  return [...a.tags].some(([name, values]) => {
    const others = b.tags.get(name);
    return others !== undefined && areDisjoint(values, others);
  });
}

/** Undefined for what is no object: anything may fit it. */
function branchOf(
  schema: unknown,
  read: ReturnType<typeof valueReader>,
  path: SchemaPath,
  translation: Translation,
): Branch | undefined {
  if (!isSchemaObject(schema)) return undefined;
  const tags = new Map<string, ReadonlySet<string>>();
  const { properties, required } = schema;
  if (schema['type'] === 'object' && isSchemaObject(properties) && Array.isArray(required)) {
    for (const name of required.map(String)) {
      if (!Object.hasOwn(properties, name)) continue;
      const tag = followed(properties[name], path, translation);
      const values = isSchemaObject(tag) ? read(tag) : undefined;
      if (values !== undefined) tags.set(name, values);
    }
  }
  return { values: read(schema), types: typesOf(schema), tags };
}

/** Reads the values of each schema once. */
function valueReader(): (schema: JsonSchema) => ReadonlySet<string> | undefined {
  const known = new Map<JsonSchema, ReadonlySet<string> | undefined>();
  return (schema) => {
    if (!known.has(schema)) known.set(schema, valuesOf(schema));
    return known.get(schema);
  };
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
