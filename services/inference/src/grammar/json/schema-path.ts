import { MillraceError } from '@millrace/runtime';
import type { JsonSchema } from '@millrace/stage';

/** Keys and indexes from the root of a schema to a part of it. */
export type SchemaPath = readonly (string | number)[];

/** Keywords whose values have keys of the client's own. */
const named = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** A schema that is translated, and how it is called. */
export interface SchemaSource {
  readonly root: JsonSchema | boolean;
  /** The field that it stands in, as messages name it: `response_format.json_schema.schema`. */
  readonly field: string;
  /** The `param` of its errors. */
  readonly param: string;
}

/** Says that a part of a schema is not enforced. Names that the client chose are content, so their places stand for them. */
export function refused(source: SchemaSource, path: SchemaPath, why: string): MillraceError {
  return new MillraceError('unsupported_value', `${describePath(source, path)}: ${why}`, {
    param: source.param,
  });
}

/** As in `response_format.json_schema.schema.properties[2].items`: the items of the third property. */
export function describePath({ root, field }: SchemaSource, path: SchemaPath): string {
  let text = field;
  let value: unknown = root;
  let keysAreNames = false;
  for (const step of path) {
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    const isPlace = typeof step === 'number' || keysAreNames || Array.isArray(value);
    text += isPlace ? `[${keys.indexOf(String(step))}]` : `.${step}`;
    keysAreNames = !keysAreNames && named.has(String(step));
    value = (value as Record<string, unknown> | undefined)?.[step];
  }
  return text;
}
