import type { MillraceError } from '@millrace/runtime';
import type { JsonSchema } from '@millrace/stage';
import type { GrammarRules } from './grammar-rules.ts';
import type { SchemaPath } from './schema-path.ts';

/** A part of a schema, and where it is. */
export interface ResolvedSchema {
  readonly schema: unknown;
  readonly path: SchemaPath;
}

/** What every part of the translation of a schema to a grammar needs. */
export interface Translation {
  readonly rules: GrammarRules;
  /** The expression of the JSON texts that fit a schema. @throws `unsupported_value` */
  readonly translate: (schema: unknown, path: SchemaPath) => string;
  /** The schema that a local reference leads to. @throws `unsupported_value` */
  readonly resolve: (reference: string, path: SchemaPath) => ResolvedSchema;
  /** The error for a part that cannot be enforced. */
  readonly refuse: (path: SchemaPath, why: string) => MillraceError;
}

export function isSchemaObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
