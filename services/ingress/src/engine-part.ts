import type { ApiPart } from './api-part.ts';
import { engineSchema } from './engine-schema.ts';
import { errorResponses, wholeResponse } from './openapi-responses.ts';

const { 401: unauthorized, 503: unavailable } = errorResponses();

export const enginePart: ApiPart = {
  tag: { name: 'Operation', description: 'How the platform does.' },
  paths: {
    '/v1/engine': {
      get: {
        operationId: 'engine',
        summary: 'Says what the workers are doing: slots, queue, caches, models.',
        description: 'Every worker is asked; it takes up to a second. 503 when none answers.',
        responses: { 200: wholeResponse('Engine'), 401: unauthorized, 503: unavailable },
      },
    },
  },
  schemas: { Engine: engineSchema },
};
