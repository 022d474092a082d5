import { idempotencyKeySchema } from '@millrace/relay';
import type { ApiPart } from './api-part.ts';
import {
  errorResponses,
  eventsResponse,
  headerReference,
  json,
  receiptParameter,
} from './openapi-responses.ts';

/** The body of `POST /v1/requests/cancel`. It validates, and the OpenAPI document is made of it. */
export const cancelBodySchema = {
  title: 'Cancel',
  type: 'object',
  additionalProperties: false,
  properties: {
    request_id: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'The request, a UUID. Either this or idempotency_key.',
    },
    idempotency_key: {
      ...idempotencyKeySchema,
      description: 'The key that the request was sent with. Either this or request_id.',
    },
  },
} as const;

const base64 = { type: 'string', contentEncoding: 'base64' } as const;

const receiptSchema = {
  title: 'Receipt',
  type: 'object',
  required: ['format', 'record', 'checkpoint', 'path'],
  additionalProperties: false,
  properties: {
    format: { const: 'millrace-receipt/1' },
    record: { ...base64, description: 'The record of the request in the audit log, as it is stored.' },
    checkpoint: { ...base64, description: 'A signed checkpoint that covers it.' },
    path: {
      type: 'array',
      items: base64,
      description: 'Hashes beside the way from the record to the root, lowest first.',
    },
  },
} as const;

const requestId = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The request, a UUID.',
  schema: { type: 'string' },
} as const;

const {
  400: invalid,
  401: unauthorized,
  403: forbidden,
  404: notFound,
  409: conflict,
  429: tooMany,
  503: unavailable,
} = errorResponses();

export const requestsPart: ApiPart = {
  tag: { name: 'Requests', description: 'Requests that run, by their id.' },
  paths: {
    '/v1/requests/{id}/stream': {
      get: {
        operationId: 'streamRequest',
        summary: 'Sends the answer of a request as server-sent events, behind a chunk.',
        description:
          'For 15 minutes, to any number of clients, on any gateway. Who leaves does not end the request.',
        parameters: [
          requestId,
          {
            name: 'Last-Event-ID',
            in: 'header',
            description: 'seq of the last chunk that the client has; it counts before after.',
            schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
          },
          {
            name: 'after',
            in: 'query',
            description: 'seq of the last chunk that the client has.',
            schema: { type: 'integer', minimum: 0, default: 0 },
          },
          receiptParameter,
        ],
        responses: {
          200: eventsResponse(),
          400: invalid,
          401: unauthorized,
          404: notFound,
          429: tooMany,
          503: unavailable,
        },
      },
    },
    '/v1/requests/{id}/receipt': {
      get: {
        operationId: 'getReceipt',
        summary: 'Proof, signed by the platform, of how a request ended.',
        description:
          'For 90 days after the request has ended, once a checkpoint covers its record, which is about a minute later. `millrace audit verify` checks it offline with the public key.',
        parameters: [requestId],
        responses: {
          200: {
            description: 'The receipt.',
            headers: { 'x-request-id': headerReference('RequestId') },
            content: json('Receipt'),
          },
          401: unauthorized,
          403: forbidden,
          404: notFound,
          409: conflict,
          429: tooMany,
          503: unavailable,
        },
      },
    },
    '/v1/requests/cancel': {
      post: {
        operationId: 'cancelRequest',
        summary: 'Stops a request, named by its id or its idempotency key.',
        description: 'What was generated is kept and charged. A request that has ended stays as it is.',
        requestBody: {
          required: true,
          content: json('Cancel', { idempotency_key: '7ff4ff5b-0c8f-4a5b-a0a5-6a0c3c6a1c1e' }),
        },
        responses: {
          202: {
            description: 'The request ends within one step of the engine.',
            headers: { 'x-request-id': headerReference('RequestId') },
          },
          400: invalid,
          401: unauthorized,
          404: notFound,
          503: unavailable,
        },
      },
    },
  },
  schemas: { Cancel: cancelBodySchema, Receipt: receiptSchema },
};
