/** Pieces of the schemas of requests and answers. */

/** Ids of organisations and tenants are chosen by their makers. */
export const nameIdSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$',
  description: 'Letters, digits, - and _; at most 63.',
} as const;

export const userIdSchema = {
  type: 'string',
  pattern: '^usr_[0-9a-f]{32}$',
  description: 'Id of a user.',
} as const;

export const keyIdSchema = {
  type: 'string',
  pattern: '^[0-9A-Za-z]{11}$',
  description: 'Public part of an API key.',
} as const;

export const modelSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$',
  description: 'Name of a model.',
} as const;

/** For people to read. */
export const nameSchema = {
  type: 'string',
  pattern: '^[^\\p{Cc}\\p{Cs}]{1,128}$',
  description: 'A name for people, without control characters; at most 128.',
} as const;

export const momentSchema = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,3})?Z$',
  description: 'A moment in UTC, such as 2026-01-31T12:00:00Z.',
  examples: ['2026-01-31T12:00:00Z'],
} as const;

/** Never a number of JSON, which would be a float. */
export const moneySchema = {
  type: 'string',
  pattern: '^\\d{1,10}(?:\\.\\d{1,10})?$',
  description: 'A decimal of at most ten digits before and behind the point.',
} as const;

/** May also be null. */
export function nullable<Schema extends object>(schema: Schema) {
  return { anyOf: [{ type: 'null' }, schema] } as const;
}

/** Answers: money may be negative, moments may be null. */
export const shownMoneySchema = { type: 'string', description: 'A decimal.' } as const;
export const shownMomentSchema = { type: 'string', description: 'A moment in UTC.' } as const;

/** An object that has all of its fields. */
export function shownSchema(title: string, properties: Readonly<Record<string, object>>) {
  return {
    title,
    type: 'object',
    required: Object.keys(properties),
    additionalProperties: false,
    properties,
  } as const;
}

/** An object that has some fields, and at least one. */
export function changesSchema(title: string, properties: Readonly<Record<string, object>>) {
  return { title, type: 'object', minProperties: 1, additionalProperties: false, properties } as const;
}
