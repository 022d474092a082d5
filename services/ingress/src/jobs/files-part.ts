import type { ApiPart } from '../api-part.ts';
import { headerReference } from '../openapi-responses.ts';
import { fileListParameters, fileSchema, uploadSchema } from './file-schema.ts';
import {
  creationErrors,
  idParameter,
  keptErrors,
  keptResponse,
  keyParameter,
  pageSchema,
  queryParameters,
} from './kept-part.ts';

const id = idParameter('The file.');

export const filesPart: ApiPart = {
  tag: { name: 'Files', description: 'What batches read and write, as in the OpenAI API.' },
  paths: {
    '/v1/files': {
      post: {
        operationId: 'createFile',
        summary: 'Takes a file.',
        parameters: [keyParameter],
        requestBody: {
          required: true,
          content: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/Upload' } } },
        },
        responses: { 200: keptResponse('File', 'The file.'), ...creationErrors },
      },
      get: {
        operationId: 'listFiles',
        summary: 'Lists files, newest first.',
        parameters: queryParameters(fileListParameters),
        responses: { 200: keptResponse('FilePage', 'A page of files.'), ...keptErrors },
      },
    },
    '/v1/files/{id}': {
      get: {
        operationId: 'getFile',
        summary: 'Says what a file is.',
        parameters: [id],
        responses: { 200: keptResponse('File', 'The file.'), ...keptErrors },
      },
      delete: {
        operationId: 'deleteFile',
        summary: 'Removes a file.',
        parameters: [id],
        responses: { 200: keptResponse('Deleted', 'It is gone.'), ...keptErrors },
      },
    },
    '/v1/files/{id}/content': {
      get: {
        operationId: 'getFileContent',
        summary: 'Gives the content of a file.',
        parameters: [id],
        responses: {
          200: {
            description: 'The content, as it was sent.',
            headers: { 'x-request-id': headerReference('RequestId') },
            content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
          },
          ...keptErrors,
        },
      },
    },
  },
  schemas: { File: fileSchema, Upload: uploadSchema, FilePage: pageSchema('FilePage', 'File') },
};
