import type { ErrorObject } from 'ajv';
import { count, kindOf, quote } from './describe-value.ts';
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
  const special =
    missingField(first, path) ??
    noField(first, path) ??
    unknownField(first, path) ??
    unknownTag(first, path, isContent) ??
    wrongFieldName(errors, path, isContent);
  if (special !== undefined) return special;
  const allowed = [...new Set(errors.map(allowedText))].join(' or ');
  if (isEmpty(first))
    return { code: 'missing_value', message: `${name} is empty: it must be ${allowed}`, param };
  const shown = isContent ? unquoted(first) : quote(first.data);
  return { code: 'invalid_value', message: `${name} is ${shown}: it must be ${allowed}`, param };
}

function missingField(error: ErrorObject, path: string): Violation | undefined {
  const field = error.params['missingProperty'] as unknown;
  if (error.keyword !== 'required' || typeof field !== 'string') return undefined;
  const param = joinField(path, field);
  const allowed = schemaText(schemaOf(error).properties?.[field] ?? {});
  const suffix = allowed === '' ? '' : `: it must be ${allowed}`;
  return { code: 'missing_value', message: `${param} is missing${suffix}`, param };
}

/** Of an object that is to have one field at least, any of which will do. */
function noField(error: ErrorObject, path: string): Violation | undefined {
  const { data } = error;
  const isEmptyObject = typeof data === 'object' && data !== null && Object.keys(data).length === 0;
  if (error.keyword !== 'minProperties' || !isEmptyObject) return undefined;
  const fields = Object.keys(schemaOf(error).properties ?? {});
  if (fields.length === 0 || fields.length > maxFieldsListed) return undefined;
  return {
    code: 'missing_value',
    message: `${path === '' ? 'The message' : path} has no field: it must have one of ${fields.join(', ')}`,
    param: path === '' ? undefined : path,
  };
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

/** The field that tells alternatives apart is missing or names none of them. */
function unknownTag(error: ErrorObject, path: string, isContent: boolean): Violation | undefined {
  if (error.keyword !== 'discriminator') return undefined;
  const { tag, tagValue }: { readonly tag?: string; readonly tagValue?: unknown } = error.params;
  if (tag === undefined) return undefined;
  const param = joinField(path, tag);
  const known = (schemaOf(error).oneOf ?? []).map(({ properties }) => schemaText(properties?.[tag] ?? {}));
  const allowed = `it must be one of ${known.join(', ')}`;
  if (tagValue === undefined)
    return { code: 'missing_value', message: `${param} is missing: ${allowed}`, param };
  const shown = isContent ? kindOf(tagValue) : quote(tagValue);
  return { code: 'invalid_value', message: `${param} is ${shown}: ${allowed}`, param };
}

/** In an object whose fields the client names. The name itself can be content: it is told where it looks like one. */
function wrongFieldName(
  errors: readonly ErrorObject[],
  path: string,
  isContent: boolean,
): Violation | undefined {
  const names = errors.find(({ keyword }) => keyword === 'propertyNames');
  if (names === undefined) return undefined;
  const wrong = errors.find(({ keyword }) => keyword !== 'propertyNames');
  const allowed = wrong === undefined ? 'as the schema says' : allowedText(wrong);
  const given: unknown = names.params['propertyName'];
  const place = path === '' ? 'The message' : path;
  return typeof given === 'string' && fieldName.test(given) && !isContent
    ? {
        code: 'invalid_value',
        message: `${place} has the field ${given}: its name must be ${allowed}`,
        param: joinField(path, given),
      }
    : {
        code: 'invalid_value',
        message: `${place} has a field whose name is not allowed: it must be ${allowed}`,
        param: path === '' ? undefined : path,
      };
}

/** A value that must not be quoted: its kind, and where that is right, what is wrong with it. */
function unquoted({ keyword, data }: ErrorObject): string {
  if (typeof data === 'number' && /minimum|maximum/i.test(keyword)) return 'out of range';
  if (keyword === 'maxProperties' && typeof data === 'object')
    return `an object of ${count(Object.keys(data ?? {}).length, 'field')}`;
  return kindOf(data);
}

function isEmpty({ keyword, data }: ErrorObject): boolean {
  if (keyword === 'minLength' || keyword === 'format') return data === '';
  return keyword === 'minItems' && Array.isArray(data) && data.length === 0;
}

/** What the schema allows at this place. */
function allowedText(error: ErrorObject): string {
  const text = schemaText(schemaOf(error));
  if (text !== '') return error.keyword === 'pattern' ? `${text} ${formOf(error)}` : text;
  return error.message === undefined ? 'as the schema says' : error.message.replace(/^must (?:be )?/, '');
}

/** An example says more than a pattern. */
function formOf(error: ErrorObject): string {
  const [example] = schemaOf(error).examples ?? [];
  return typeof example === 'string' ? `such as ${example}` : `that matches ${error.params['pattern']}`;
}

function schemaOf({ parentSchema }: ErrorObject): SchemaFacts {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ajv has checked the schema
  return (parentSchema ?? {}) as SchemaFacts;
}
