import type { ApiPart } from './api-part.ts';
import { eventSchemas, generateAnswerSchema, generateBodySchema } from './generate-schema.ts';
import { answerResponse, exchange, whenGone } from './openapi-responses.ts';

export const generatePart: ApiPart = {
  tag: { name: 'Generation', description: 'Answers to prompts and conversations.' },
  paths: {
    '/v1/generate': {
      post: {
        operationId: 'generate',
        summary: 'Generates an answer to a prompt or a conversation.',
        description: `Exactly one of prompt and messages is needed. ${whenGone}`,
        ...exchange('Generate', answerResponse(), {
          prompt: 'What is the capital of France?',
          max_tokens: 32,
        }),
      },
    },
  },
  schemas: {
    Generate: generateBodySchema,
    Answer: generateAnswerSchema,
    ChunkEvent: eventSchemas.chunk,
    CompletedEvent: eventSchemas.completed,
    ErrorEvent: eventSchemas.error,
  },
};
