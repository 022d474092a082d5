import { isSchemaObject } from './translation.ts';

/**
 * The references behind which a value can come to its end: a schema that requires itself has no finite value.
 *
 * @param targets schema by reference
 */
export function finiteReferences(targets: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const finite = new Set<string>();
  for (let before = -1; before < finite.size;) {
    before = finite.size;
    for (const [reference, schema] of targets) {
      if (!finite.has(reference) && endsWith(schema, finite)) finite.add(reference);
    }
  }
  return finite;
}

/** Whether a schema has a finite value if these references have. */
function endsWith(schema: unknown, finite: ReadonlySet<string>): boolean {
  if (!isSchemaObject(schema)) return true;
  const ends = (part: unknown): boolean => endsWith(part, finite);
  const { $ref, anyOf, oneOf, allOf, properties, required, items, prefixItems, minItems, type } = schema;
  if (typeof $ref === 'string') return finite.has($ref);
  if ('const' in schema || 'enum' in schema) return true;
  for (const alternatives of [anyOf, oneOf]) if (Array.isArray(alternatives)) return alternatives.some(ends);
  if (Array.isArray(allOf)) return allOf.every(ends);
  if (Array.isArray(type) && type.some((each) => each !== 'object' && each !== 'array')) return true;
  const least = Number(minItems ?? 0);
  const demanded: unknown[] = Array.isArray(prefixItems) ? prefixItems.slice(0, least) : [];
  if (least > demanded.length) demanded.push(items);
  for (const name of Array.isArray(required) ? required : []) {
    demanded.push(
      isSchemaObject(properties)
        ? (properties[String(name)] ?? schema['additionalProperties'])
        : schema['additionalProperties'],
    );
  }
  return demanded.every(ends);
}
