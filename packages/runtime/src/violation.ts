import type { ErrorObject } from 'ajv';
import { fieldPath, joinField } from './field-path.ts';
import { shorten } from './shorten.ts';

type Bound = number | undefined;

/** The parts of a schema that a message speaks of. */
interface SchemaFacts {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Violation {
  readonly code: 'missing_value' | 'invalid_value';
  readonly message: string;
  /** Undefined for the value as a whole. */
  readonly param: string | undefined;
}

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
  const missing = missingField(first, path);
  if (missing !== undefined) return missing;
  const unknown = first.params['additionalProperty'] as unknown;
  if (first.keyword === 'additionalProperties' && typeof unknown === 'string') {
    const field = shorten(joinField(path, unknown));
    return { code: 'invalid_value', message: `${field} is not a field that exists here`, param: field };
  }
  const allowed = [...new Set(errors.map(allowedText))].join(' or ');
  if (isEmpty(first))
    return { code: 'missing_value', message: `${name} is empty: it must be ${allowed}`, param };
  const shown = isContent ? `is ${kindOf(first.data)}` : `is ${quote(first.data)}`;
  return { code: 'invalid_value', message: `${name} ${shown}: it must be ${allowed}`, param };
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
  return { code: 'missing_value', message: `${param} is missing`, param };
}

function isEmpty(error: ErrorObject): boolean {
  return (
    (error.keyword === 'minLength' || error.keyword === 'minItems') &&
    (error.data === '' || lengthOf(error.data) === 0)
  );
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : -1;
}

/** What the schema allows at this place. */
function allowedText(error: ErrorObject): string {
  const { parentSchema } = error;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ajv has checked the schema
  const schema = (parentSchema ?? {}) as SchemaFacts;
  switch (error.keyword) {
    case 'type':
      return typeText(schema);
    case 'enum':
      return `one of ${(schema.enum ?? []).map(quote).join(', ')}`;
    case 'const':
      return quote(schema.const);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${rangeText(schema)}`;
    case 'minLength':
    case 'maxLength':
      return `a text ${countText(schema.minLength, schema.maxLength, 'characters')}`;
    case 'minItems':
    case 'maxItems':
      return `a list ${countText(schema.minItems, schema.maxItems, 'items')}`;
    case 'discriminator':
      return discriminatorText(error);
    default:
      return error.message === undefined ? 'as the schema says' : error.message.replace(/^must (?:be )?/, '');
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

function typeText(schema: SchemaFacts): string {
  const types = [schema.type ?? []].flat();
  const names = types.map((type) => typeNames[type] ?? type).join(' or ');
  const range = types.includes('integer') || types.includes('number') ? rangeText(schema) : '';
  return range === '' ? names : `${names} ${range}`;
}

function rangeText(schema: SchemaFacts): string {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const over = schema.minimum === undefined ? 'above' : 'from';
  const under = schema.maximum === undefined ? 'below' : 'to';
  if (low !== undefined && high !== undefined) return `${over} ${low} ${under} ${high}`;
  if (low !== undefined) return over === 'from' ? `of at least ${low}` : `${over} ${low}`;
  if (high !== undefined) return under === 'to' ? `of at most ${high}` : `${under} ${high}`;
  return '';
}

function countText(low: Bound, high: Bound, unit: string): string {
  if (low !== undefined && high !== undefined) return `of ${low} to ${high} ${unit}`;
  return low === undefined ? `of at most ${high} ${unit}` : `of at least ${low} ${unit}`;
}

/** The message stands for the object whose tag is wrong, so it names the tag as well. */
function discriminatorText(error: ErrorObject): string {
  const { tag, tagValue }: { readonly tag?: string; readonly tagValue?: unknown } = error.params;
  return `an object whose ${tag} is known (not ${quote(tagValue)})`;
}

function quote(value: unknown): string {
  if (value === undefined || (value !== null && typeof value === 'object')) return kindOf(value);
  return shorten(JSON.stringify(value));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
