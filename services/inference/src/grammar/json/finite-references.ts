import type { JsonSchema } from '@millrace/stage';
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
      if (!finite.has(reference) && endsWith(schema, finite, new Map())) finite.add(reference);
    }
  }
  return finite;
}

/**
 * Whether a schema has a finite value if these references have.
 *
 * @param known parts that have been looked at: several properties may have one schema
 */
function endsWith(schema: unknown, finite: ReadonlySet<string>, known: Map<unknown, boolean>): boolean {
  if (!isSchemaObject(schema)) return true;
  const before = known.get(schema);
  if (before !== undefined) return before;
  const ends = hasEnd(schema, finite, (part) => endsWith(part, finite, known));
  known.set(schema, ends);
  return ends;
}

function hasEnd(schema: JsonSchema, finite: ReadonlySet<string>, ends: (part: unknown) => boolean): boolean {
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
