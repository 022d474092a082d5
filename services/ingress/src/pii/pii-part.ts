import type { ApiPart } from '../api-part.ts';
import { errorResponses, headerReference, json } from '../openapi-responses.ts';
import {
  analyzeAnswerSchema,
  analyzeBodySchema,
  anonymizeAnswerSchema,
  anonymizeBodySchema,
} from './pii-schema.ts';

const {
  400: invalid,
  401: unauthorized,
  403: forbidden,
  413: tooLarge,
  429: tooMany,
  503: unavailable,
} = errorResponses();
const refusals = {
  400: invalid,
  401: unauthorized,
  403: forbidden,
  ...(tooLarge === undefined ? {} : { 413: tooLarge }),
  429: tooMany,
  503: unavailable,
};
const answer = (name: string): object => ({
  description: 'The answer. Nothing of the text is kept or logged.',
  headers: { 'x-request-id': headerReference('RequestId') },
  content: json(name),
});
const example = { text: 'Call Ada Moyo on +44 20 7946 0958.' };

export const piiPart: ApiPart = {
  tag: { name: 'Personal data', description: 'Finds personal data and secrets in texts.' },
  paths: {
    '/v1/pii/analyze': {
      post: {
        operationId: 'piiAnalyze',
        summary: 'Says where personal data and secrets stand in a text.',
        description:
          'Types, checks and limits: docs/reference/pii.md. Named as Presidio names them; offsets count UTF-16 code units, where Presidio counts code points. A client that closes the connection cancels it.',
        requestBody: { required: true, content: json('PiiAnalyze', example) },
        responses: { 200: answer('PiiAnalyzed'), ...refusals },
      },
    },
    '/v1/pii/anonymize': {
      post: {
        operationId: 'piiAnonymize',
        summary: 'Puts something else where personal data and secrets stand.',
        description: 'Looks as POST /v1/pii/analyze does, unless analyzer_results say where they stand.',
        requestBody: {
          required: true,
          content: json('PiiAnonymize', {
            ...example,
            anonymizers: { PHONE_NUMBER: { type: 'mask', chars_to_mask: 9, from_end: true } },
          }),
        },
        responses: { 200: answer('PiiAnonymized'), ...refusals },
      },
    },
  },
  schemas: {
    PiiAnalyze: analyzeBodySchema,
    PiiAnalyzed: analyzeAnswerSchema,
    PiiAnonymize: anonymizeBodySchema,
    PiiAnonymized: anonymizeAnswerSchema,
  },
};
