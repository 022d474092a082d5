import type { ResolvedSchema } from './translation.ts';

/** Keywords with one schema, and those with several by name or index: what the meta-schema has checked. */
const single = new Set([
  'additionalProperties',
  'items',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
const several = new Set([
  '$defs',
  'definitions',
  'properties',
  'patternProperties',
  'dependentSchemas',
  'prefixItems',
  'anyOf',
  'oneOf',
  'allOf',
]);

/** Where a local reference (`#`, `#/$defs/name`) leads to; undefined where it leads nowhere. RFC 6901 in a URI fragment. */
export function resolvePointer(root: unknown, reference: string): ResolvedSchema | undefined {
  if (reference === '#') return { schema: root, path: [] };
  if (!reference.startsWith('#/')) return undefined;
  let pointer: string;
  try {
    pointer = decodeURIComponent(reference.slice(2));
  } catch {
    return undefined;
  }
  const path = pointer.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let schema = root;
  let isPlaceOfSchema = true;
  for (const step of path) {
    if (isPlaceOfSchema && !single.has(step) && !several.has(step)) return undefined;
    isPlaceOfSchema = !isPlaceOfSchema || single.has(step);
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, step)) return undefined;
    schema = (schema as Record<string, unknown>)[step];
  }
  if (!isPlaceOfSchema) return undefined;
  const isSchema =
    typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null && !Array.isArray(schema));
  return isSchema ? { schema, path } : undefined;
}
