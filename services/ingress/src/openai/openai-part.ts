import type { ApiPart } from '../api-part.ts';
import { errorResponses, exchange, json, openAiStreamResponse, wholeResponse } from '../openapi-responses.ts';
import { chatBodySchema } from './chat-schema.ts';
import { completionBodySchema } from './completion-schema.ts';
import { embeddingBodySchema } from './embedding-schema.ts';

const text = (description: string) => ({ type: 'string', description });
const count = (description: string) => ({ type: 'integer', minimum: 0, description });

const usage = {
  type: 'object',
  required: ['prompt_tokens', 'total_tokens'],
  properties: {
    prompt_tokens: count('Tokens of the prompt.'),
    completion_tokens: count('Tokens generated.'),
    total_tokens: count('Both together.'),
    prompt_tokens_details: {
      type: 'object',
      properties: { cached_tokens: count('Those of the prompt that came from the prefix cache.') },
    },
  },
} as const;

/** What the OpenAI API answers; its reference says all of it. */
const answerSchema = (title: string, object: string, choices: object) => ({
  title,
  type: 'object',
  required: ['id', 'object', 'created', 'model', 'choices', 'usage'],
  properties: {
    id: text('Names the answer; the id of the request stands in it.'),
    object: { const: object },
    created: count('Seconds since 1970.'),
    model: text('The model that answered.'),
    choices: { type: 'array', items: choices, description: 'The answers.' },
    usage,
  },
});

const model = {
  title: 'Model',
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by'],
  properties: {
    id: text('Name.'),
    object: { const: 'model' },
    created: count('Seconds since 1970.'),
    owned_by: text('millrace, or the provider that serves it.'),
  },
} as const;

const finishReason = text('stop, length or tool_calls.');
const { 401: unauthorized, 404: notFound, 503: unavailable } = errorResponses();

export const openAiPart: ApiPart = {
  tag: { name: 'OpenAI', description: 'What clients of the OpenAI API call, unchanged.' },
  paths: {
    '/v1/chat/completions': {
      post: {
        operationId: 'createChatCompletion',
        summary: 'Answers a conversation.',
        ...exchange('ChatCompletion', openAiStreamResponse('ChatCompletionAnswer'), {
          model: 'smollm2-135m-instruct',
          messages: [{ role: 'user', content: 'What is the capital of France?' }],
        }),
      },
    },
    '/v1/completions': {
      post: {
        operationId: 'createCompletion',
        summary: 'Answers a prompt.',
        ...exchange('Completion', openAiStreamResponse('CompletionAnswer'), {
          model: 'smollm2-135m-instruct',
          prompt: 'What is the capital of France?',
        }),
      },
    },
    '/v1/embeddings': {
      post: {
        operationId: 'createEmbedding',
        summary: 'Makes a vector of each text.',
        ...exchange('Embeddings', wholeResponse('EmbeddingsAnswer'), {
          model: 'all-minilm-l6-v2',
          input: ['A cat sits on the mat.'],
        }),
      },
    },
    '/v1/models': {
      get: {
        operationId: 'listModels',
        summary: 'Lists the models.',
        responses: {
          200: { description: 'The models.', content: json('ModelList') },
          401: unauthorized,
          503: unavailable,
        },
      },
    },
    '/v1/models/{model}': {
      get: {
        operationId: 'retrieveModel',
        summary: 'Describes a model.',
        parameters: [
          {
            name: 'model',
            in: 'path',
            required: true,
            description: 'Its name, one of its aliases, or name:version.',
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: { description: 'The model.', content: json('Model') },
          401: unauthorized,
          404: notFound,
          503: unavailable,
        },
      },
    },
  },
  schemas: {
    ChatCompletion: chatBodySchema,
    ChatCompletionAnswer: answerSchema('Chat completion', 'chat.completion', {
      type: 'object',
      required: ['index', 'message', 'finish_reason'],
      properties: {
        index: count('Which choice it is.'),
        message: { type: 'object', description: 'role, content, and tool_calls where functions are called.' },
        finish_reason: finishReason,
      },
    }),
    Completion: completionBodySchema,
    CompletionAnswer: answerSchema('Completion answer', 'text_completion', {
      type: 'object',
      required: ['index', 'text', 'finish_reason'],
      properties: {
        index: count('Which choice it is.'),
        text: text('The answer.'),
        finish_reason: finishReason,
      },
    }),
    Embeddings: embeddingBodySchema,
    EmbeddingsAnswer: {
      title: 'Embeddings answer',
      type: 'object',
      required: ['object', 'data', 'model', 'usage'],
      properties: {
        object: { const: 'list' },
        data: {
          type: 'array',
          items: {
            type: 'object',
            required: ['object', 'index', 'embedding'],
            properties: {
              object: { const: 'embedding' },
              index: count('Which text it is of.'),
              embedding: {
                description: 'The vector, or its base64.',
                anyOf: [{ type: 'array', items: { type: 'number' } }, { type: 'string' }],
              },
            },
          },
        },
        model: text('The model that answered.'),
        usage,
      },
    },
    Model: model,
    ModelList: {
      title: 'Models',
      type: 'object',
      required: ['object', 'data'],
      properties: {
        object: { const: 'list' },
        data: { type: 'array', items: { $ref: '#/components/schemas/Model' } },
      },
    },
  },
};
