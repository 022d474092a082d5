import type { ErrorObject } from 'ajv';
import { kindOf, quote } from './describe-value.ts';
import { fieldPath, joinField } from './field-path.ts';
import { schemaText, type SchemaFacts } from './schema-text.ts';

export interface Violation {
  readonly code: 'missing_value' | 'invalid_value';
  readonly message: string;
  /** Undefined for the value as a whole. */
  readonly param: string | undefined;
}

/** Names of fields are quoted if they look like one: what a client has mistaken for a name can be content. */
const fieldName = /^[A-Za-z_][\w-]{0,40}$/;

/** A longer list of fields is left out. */
const maxFieldsListed = 32;

/**
 * Puts errors of ajv that lie at the same place into words.
 * @param errors at least one; several where alternatives failed
 * @param isContent the value must not be quoted
 */
export function describeViolation(errors: readonly ErrorObject[], isContent: boolean): Violation {
  const [first] = errors;
  if (first === undefined)
    return { code: 'invalid_value', message: 'The message is not valid', param: undefined };
  const path = fieldPath(first.instancePath);
  const name = path === '' ? 'The message' : path;
  const param = path === '' ? undefined : path;
  const special = missingField(first, path) ?? unknownField(first, path);
  if (special !== undefined) return special;
  const allowed = [...new Set(errors.map(allowedText))].join(' or ');
  if (isEmpty(first))
    return { code: 'missing_value', message: `${name} is empty: it must be ${allowed}`, param };
  const shown = isContent ? kindOf(first.data) : quote(first.data);
  return { code: 'invalid_value', message: `${name} is ${shown}: it must be ${allowed}`, param };
}

function missingField(error: ErrorObject, path: string): Violation | undefined {
  let field: unknown;
  if (error.keyword === 'required') field = error.params['missingProperty'];
  if (
    error.keyword === 'discriminator' &&
    error.params['error'] === 'tag' &&
    error.params['tagValue'] === undefined
  )
    field = error.params['tag'];
  if (typeof field !== 'string') return undefined;
  const param = joinField(path, field);
  const allowed = schemaText(schemaOf(error).properties?.[field] ?? {});
  const suffix = allowed === '' ? '' : `: it must be ${allowed}`;
  return { code: 'missing_value', message: `${param} is missing${suffix}`, param };
}

function unknownField(error: ErrorObject, path: string): Violation | undefined {
  const unknown = error.params['additionalProperty'] as unknown;
  if (error.keyword !== 'additionalProperties' || typeof unknown !== 'string') return undefined;
  const fields = Object.keys(schemaOf(error).properties ?? {});
  const isListed = fields.length > 0 && fields.length <= maxFieldsListed;
  const suffix = isListed ? `: the fields are ${fields.join(', ')}` : '';
  if (fieldName.test(unknown)) {
    const param = joinField(path, unknown);
    return { code: 'invalid_value', message: `${param} is not a field that exists here${suffix}`, param };
  }
  const place = path === '' ? 'The message' : path;
  return {
    code: 'invalid_value',
    message: `${place} has a field that does not exist here${suffix}`,
    param: path === '' ? undefined : path,
  };
}

function isEmpty({ keyword, data }: ErrorObject): boolean {
  if (keyword === 'minLength' || keyword === 'format') return data === '';
  return keyword === 'minItems' && Array.isArray(data) && data.length === 0;
}

/** What the schema allows at this place. */
function allowedText(error: ErrorObject): string {
  if (error.keyword === 'discriminator') return discriminatorText(error);
  const text = schemaText(schemaOf(error));
  if (text !== '') return text;
  return error.message === undefined ? 'as the schema says' : error.message.replace(/^must (?:be )?/, '');
}

function schemaOf({ parentSchema }: ErrorObject): SchemaFacts {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ajv has checked the schema
  return (parentSchema ?? {}) as SchemaFacts;
}

/** The message stands for the object whose tag is wrong, so it names the tag as well. */
function discriminatorText(error: ErrorObject): string {
  const { tag, tagValue }: { readonly tag?: string; readonly tagValue?: unknown } = error.params;
  return `an object whose ${tag} is known (not ${quote(tagValue)})`;
}
