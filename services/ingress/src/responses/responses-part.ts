import { responseBodySchema } from '@millrace/endpoints';
import type { ApiPart } from '../api-part.ts';
import { idParameter, keptErrors, keptResponse, keyParameter, queryParameters } from '../jobs/kept-part.ts';
import { answerHeaders, cacheControlParameter, errorResponses, json } from '../openapi-responses.ts';
import { inputListParameters, responseQueryParameters } from './response-parameters.ts';

const id = idParameter('The response.');

const responseSchema = {
  title: 'Response',
  type: 'object',
  required: ['id', 'object', 'created_at', 'status', 'output'],
  description: 'The response object of the OpenAI API.',
  properties: {
    id: { type: 'string' },
    object: { const: 'response' },
    created_at: { type: 'integer', description: 'Seconds since the epoch.' },
    status: { enum: ['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled'] },
    output: { type: 'array', items: { type: 'object' }, description: 'Messages and calls of functions.' },
  },
} as const;

const streamed = (description: string) => {
  const whole = keptResponse('Response', description) as { readonly content: object };
  return { ...whole, content: { ...whole.content, 'text/event-stream': { schema: { type: 'string' } } } };
};

export const responsesPart: ApiPart = {
  tag: { name: 'Responses', description: 'Answers that are kept and gone on behind, as in the OpenAI API.' },
  paths: {
    '/v1/responses': {
      post: {
        operationId: 'createResponse',
        summary: 'Answers an input, behind a response that was kept or by itself.',
        parameters: [keyParameter, cacheControlParameter],
        requestBody: {
          required: true,
          content: json('NewResponse', {
            model: 'smollm2-135m-instruct',
            input: 'What is the capital of France?',
          }),
        },
        responses: {
          200: {
            ...streamed('The response. With stream true its events come, each with a sequence_number.'),
            headers: answerHeaders,
          },
          ...errorResponses(),
        },
      },
    },
    '/v1/responses/{id}': {
      get: {
        operationId: 'getResponse',
        summary: 'Gives a response that is kept, or its events.',
        parameters: [id, ...queryParameters(responseQueryParameters)],
        responses: { 200: streamed('The response. Its events can be had for 15 minutes.'), ...keptErrors },
      },
      delete: {
        operationId: 'deleteResponse',
        summary: 'Forgets a response that has ended.',
        parameters: [id],
        responses: { 200: keptResponse('Deleted', 'It is gone.'), ...keptErrors },
      },
    },
    '/v1/responses/{id}/cancel': {
      post: {
        operationId: 'cancelResponse',
        summary: 'Stops a response; what was generated is kept.',
        parameters: [id],
        responses: { 200: keptResponse('Response', 'The response.'), ...keptErrors },
      },
    },
    '/v1/responses/{id}/input_items': {
      get: {
        operationId: 'listResponseInput',
        summary: 'Lists what a response was made of, what came before it included.',
        parameters: [id, ...queryParameters(inputListParameters)],
        responses: { 200: keptResponse('InputItemPage', 'A page of items.'), ...keptErrors },
      },
    },
  },
  schemas: {
    NewResponse: responseBodySchema,
    Response: responseSchema,
    InputItemPage: {
      title: 'InputItemPage',
      type: 'object',
      required: ['object', 'data', 'has_more'],
      properties: {
        object: { const: 'list' },
        data: { type: 'array', items: { type: 'object' } },
        first_id: { type: ['string', 'null'] },
        last_id: { type: ['string', 'null'] },
        has_more: { type: 'boolean' },
      },
    },
  },
};
