import type { ApiPart } from '../api-part.ts';
import { json } from '../openapi-responses.ts';
import { batchBodySchema, batchListParameters, batchSchema } from './batch-schema.ts';
import {
  creationErrors,
  idParameter,
  keptErrors,
  keptResponse,
  keyParameter,
  pageSchema,
  queryParameters,
} from './kept-part.ts';

const id = idParameter('The batch.');

export const batchesPart: ApiPart = {
  tag: { name: 'Batches', description: 'Many requests in a file, as in the OpenAI API.' },
  paths: {
    '/v1/batches': {
      post: {
        operationId: 'createBatch',
        summary: 'Has the lines of a file answered.',
        parameters: [keyParameter],
        requestBody: {
          required: true,
          content: json('NewBatch', {
            input_file_id: 'file-01a21cd7579d72ee81b06f9eb2cbe015',
            endpoint: '/v1/chat/completions',
            completion_window: '24h',
          }),
        },
        responses: { 200: keptResponse('Batch', 'The batch.'), ...creationErrors },
      },
      get: {
        operationId: 'listBatches',
        summary: 'Lists batches, newest first.',
        parameters: queryParameters(batchListParameters),
        responses: { 200: keptResponse('BatchPage', 'A page of batches.'), ...keptErrors },
      },
    },
    '/v1/batches/{id}': {
      get: {
        operationId: 'getBatch',
        summary: 'Says where a batch stands.',
        parameters: [id],
        responses: { 200: keptResponse('Batch', 'The batch.'), ...keptErrors },
      },
    },
    '/v1/batches/{id}/cancel': {
      post: {
        operationId: 'cancelBatch',
        summary: 'Stops a batch; what is done is kept.',
        parameters: [id],
        responses: { 200: keptResponse('Batch', 'The batch.'), ...keptErrors },
      },
    },
  },
  schemas: { NewBatch: batchBodySchema, Batch: batchSchema, BatchPage: pageSchema('BatchPage', 'Batch') },
};
