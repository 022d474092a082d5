import { pointerTokens } from './field-path.ts';

type SchemaObject = Readonly<Record<string, unknown>>;

/**
 * Whether the value at this JSON pointer, or one that it lies in, is described by a schema with `x-content: true`.
 * All branches of anyOf, oneOf, allOf and local references are followed, so the answer errs on the side of content.
 */
export function isContentAt(root: SchemaObject, pointer: string): boolean {
  let current = expand([root], root);
  if (current.some(isContent)) return true;
  for (const token of pointerTokens(pointer)) {
    current = expand(
      current.flatMap((schema) => step(schema, token)),
      root,
    );
    if (current.some(isContent)) return true;
  }
  return false;
}

function isContent(schema: SchemaObject): boolean {
  return schema['x-content'] === true;
}

/** Adds what the schemas combine and refer to. */
function expand(schemas: readonly SchemaObject[], root: SchemaObject): readonly SchemaObject[] {
  const all = new Set<SchemaObject>();
  const waiting = [...schemas];
  for (let schema = waiting.pop(); schema !== undefined; schema = waiting.pop()) {
    if (all.has(schema)) continue;
    all.add(schema);
    for (const name of ['anyOf', 'oneOf', 'allOf', 'if', 'then', 'else'])
      waiting.push(...objectsIn(schema[name]));
    const reference = schema['$ref'];
    if (typeof reference === 'string' && reference.startsWith('#')) {
      let target: unknown = root;
      for (const token of pointerTokens(reference.slice(1)))
        target = isObject(target) ? target[token] : undefined;
      waiting.push(...objectsIn(target));
    }
  }
  return [...all];
}

function step(schema: SchemaObject, token: string): readonly SchemaObject[] {
  const properties = schema['properties'];
  const found = isObject(properties) && Object.hasOwn(properties, token) ? objectsIn(properties[token]) : [];
  const items = schema['items'];
  const tuple = Array.isArray(items) ? objectsIn(items[Number(token)]) : objectsIn(items);
  const isIndex = /^\d+$/.test(token);
  const rest = found.length > 0 ? [] : objectsIn(schema['additionalProperties']);
  return [...found, ...(isIndex ? tuple : []), ...rest];
}

function objectsIn(value: unknown): readonly SchemaObject[] {
  if (Array.isArray(value)) return value.filter(isObject);
  return isObject(value) ? [value] : [];
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
