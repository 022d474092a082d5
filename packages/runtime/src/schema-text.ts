import { count, quote } from './describe-value.ts';

type Bound = number | undefined;

/** The parts of a schema that a message speaks of. */
export interface SchemaFacts {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly examples?: readonly unknown[];
  readonly anyOf?: readonly SchemaFacts[];
  readonly oneOf?: readonly SchemaFacts[];
  readonly properties?: Readonly<Record<string, SchemaFacts>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  null: 'null',
};

const formatNames: Readonly<Record<string, string>> = { uuid: 'a UUID' };

/** What a schema allows, such as `a whole number from 1 to 8192`; empty where there are no words for it. */
export function schemaText(schema: SchemaFacts): string {
  if (schema.const !== undefined) return quote(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.map(quote).join(', ')}`;
  const { anyOf, type } = schema;
  const parts =
    type === undefined ? (anyOf ?? []).map(schemaText) : [type].flat().map((one) => typeText(one, schema));
  return [...new Set(parts)].filter((part) => part !== '').join(' or ');
}

function typeText(type: string, schema: SchemaFacts): string {
  switch (type) {
    case 'integer':
      return `a whole number${rangeText(schema)}`;
    case 'number':
      return `a number${rangeText(schema)}`;
    case 'string':
      return (
        formatNames[schema.format ?? ''] ??
        `a text${countText(schema.minLength, schema.maxLength, 'character')}`
      );
    case 'array':
      return `a list${countText(schema.minItems, schema.maxItems, 'item')}`;
    case 'object':
      return `an object${countText(schema.minProperties, schema.maxProperties, 'field')}`;
    default:
      return typeNames[type] ?? type;
  }
}

function rangeText(schema: SchemaFacts): string {
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const over = schema.minimum === undefined ? 'above' : 'from';
  const under = schema.maximum === undefined ? 'below' : 'to';
  if (low !== undefined && high !== undefined) return ` ${over} ${low} ${under} ${high}`;
  if (low !== undefined) return over === 'from' ? ` of at least ${low}` : ` ${over} ${low}`;
  if (high !== undefined) return under === 'to' ? ` of at most ${high}` : ` ${under} ${high}`;
  return '';
}

function countText(low: Bound, high: Bound, unit: string): string {
  if (low !== undefined && low === high) return ` of ${count(low, unit)}`;
  if (low !== undefined && high !== undefined) return ` of ${low} to ${count(high, unit)}`;
  if (low !== undefined) return ` of at least ${count(low, unit)}`;
  return high === undefined ? '' : ` of at most ${count(high, unit)}`;
}
