import type { JsonSchema } from '@millrace/stage';
import { arrayKeywords } from './array-rule.ts';
import { numberKeywords } from './number-rule.ts';
import { objectKeywords } from './object-rule.ts';
import { stringKeywords } from './string-rule.ts';

export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** Keywords that say nothing about what is valid. */
const annotations = new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'discriminator',
  '$comment',
  '$schema',
  '$id',
  '$defs',
  'definitions',
]);

const keywordsByType: Readonly<Record<JsonType, readonly string[]>> = {
  null: [],
  boolean: [],
  integer: numberKeywords,
  number: numberKeywords,
  string: stringKeywords,
  array: arrayKeywords,
  object: objectKeywords,
};

/** The keywords of a schema that an answer has to fit. */
export function restrictionsOf(schema: JsonSchema): readonly string[] {
  return Object.keys(schema).filter((keyword) => !annotations.has(keyword) && !keyword.startsWith('x-'));
}

/** The types that a schema names; where it names none, those that its keywords are about. Empty for any. */
export function namedTypes(schema: JsonSchema): readonly JsonType[] {
  const { type } = schema;
  if (type !== undefined) return [type].flat() as JsonType[];
  const types = ['number', 'string', 'array', 'object'] as const;
  return types.filter((each) => keywordsByType[each].some((keyword) => keyword in schema));
}

export function keywordsOf(types: readonly JsonType[]): ReadonlySet<string> {
  return new Set(['type', ...types.flatMap((type) => keywordsByType[type])]);
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as JsonType;
}
