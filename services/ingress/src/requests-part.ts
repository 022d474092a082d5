import { idempotencyKeySchema } from '@millrace/relay';
import type { ApiPart } from './api-part.ts';
import { errorResponses, eventsResponse, headerReference, json } from './openapi-responses.ts';

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

const { 400: invalid, 401: unauthorized, 404: notFound, 429: tooMany, 503: unavailable } = errorResponses();

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
          {
            name: 'id',
            in: 'path',
            required: true,
            description: 'The request, a UUID.',
            schema: { type: 'string' },
          },
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
  schemas: { Cancel: cancelBodySchema },
};
