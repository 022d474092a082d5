import type { ResolvedSchema } from './translation.ts';

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
  for (const step of path) {
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, step)) return undefined;
    schema = (schema as Record<string, unknown>)[step];
  }
  const isSchema =
    typeof schema === 'boolean' || (typeof schema === 'object' && schema !== null && !Array.isArray(schema));
  return isSchema ? { schema, path } : undefined;
}
