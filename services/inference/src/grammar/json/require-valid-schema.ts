import { MillraceError } from '@millrace/runtime';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { describePath, refused, type SchemaPath, type SchemaSource } from './schema-path.ts';

const maxBytes = 65_536;
const maxDepth = 32;

/** Compiling it takes long; it keeps nothing of what it checks. Whatever draft a schema names, it is read as one of this. */
const fitsMetaSchema = new Ajv2020({ strict: false, logger: false }).compile({
  $ref: 'https://json-schema.org/draft/2020-12/schema',
});

/**
 * Checks a schema against the meta-schema of draft 2020-12, and its size.
 *
 * @throws `invalid_value` for what is no schema, `unsupported_value` for one that is too large
 */
export function requireValidSchema(source: SchemaSource): void {
  if (JSON.stringify(source.root).length > maxBytes)
    throw refused(source, [], `it has more than ${maxBytes} bytes`);
  requireShallow(source, source.root, []);
  if (fitsMetaSchema(source.root)) return;
  const [error] = fitsMetaSchema.errors ?? [];
  const path = stepsOf(error?.instancePath ?? '');
  throw new MillraceError('invalid_value', `${describePath(source, path)} ${reasonOf(error)}`, {
    param: source.param,
  });
}

function reasonOf(error: ErrorObject | undefined): string {
  const allowed: unknown = error?.params['allowedValues'];
  if (Array.isArray(allowed)) return `must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`;
  return error?.message ?? 'is no JSON schema';
}

function requireShallow(source: SchemaSource, value: unknown, path: SchemaPath): void {
  if (typeof value !== 'object' || value === null) return;
  if (path.length > maxDepth) throw refused(source, [], `it is nested more than ${maxDepth} levels deep`);
  for (const [key, part] of Object.entries(value)) requireShallow(source, part, [...path, key]);
}

function stepsOf(pointer: string): SchemaPath {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
