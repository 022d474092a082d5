import { idempotencyKeySchema } from '@millrace/relay';
import { errorResponses, headerReference, json } from '../openapi-responses.ts';

const {
  400: invalid,
  401: unauthorized,
  404: notFound,
  409: inUse,
  413: tooLarge,
  422: reused,
  503: unavailable,
} = errorResponses();

/** What operations on jobs, files and batches can answer besides what they are for. */
export const keptErrors = { 400: invalid, 401: unauthorized, 404: notFound, 503: unavailable };
export const creationErrors = { ...keptErrors, 409: inUse, 413: tooLarge, 422: reused };

export const keyParameter = { name: 'Idempotency-Key', in: 'header', schema: idempotencyKeySchema };

export function idParameter(description: string): object {
  return { name: 'id', in: 'path', required: true, description, schema: { type: 'string' } };
}

/** Parameters of a query, of the schemas that validate them. */
export function queryParameters(schemas: Readonly<Record<string, object>>): readonly object[] {
  return Object.entries(schemas).map(([name, schema]) => ({ name, in: 'query', schema }));
}

export function keptResponse(schema: string, description: string): object {
  return { description, headers: { 'x-request-id': headerReference('RequestId') }, content: json(schema) };
}

/** A page of a list. */
export function pageSchema(title: string, item: string): object {
  return {
    title,
    type: 'object',
    required: ['object', 'data', 'first_id', 'last_id', 'has_more'],
    additionalProperties: false,
    properties: {
      object: { const: 'list' },
      data: { type: 'array', items: { $ref: `#/components/schemas/${item}` } },
      first_id: { type: ['string', 'null'] },
      last_id: { type: ['string', 'null'], description: 'What the next page comes after.' },
      has_more: { type: 'boolean' },
    },
  };
}

export const deletedSchema = {
  title: 'Deleted',
  type: 'object',
  required: ['id', 'object', 'deleted'],
  additionalProperties: false,
  properties: { id: { type: 'string' }, object: { type: 'string' }, deleted: { const: true } },
} as const;
