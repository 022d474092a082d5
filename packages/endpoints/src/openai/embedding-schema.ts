import { generationProperties, maxTexts } from '@millrace/relay';
import { modelSchema } from './shared-schema.ts';

const { priority, timeout_ms, cache } = generationProperties;

/** The body of `POST /v1/embeddings`. It validates, and the OpenAPI document is made of it. */
export const embeddingBodySchema = {
  title: 'Embeddings',
  type: 'object',
  required: ['model', 'input'],
  additionalProperties: false,
  properties: {
    model: modelSchema,
    input: {
      description: `One text, or a list of up to ${maxTexts}. Lists of token ids are refused.`,
      'x-content': true,
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'array', minItems: 1, maxItems: maxTexts, items: { type: 'string', minLength: 1 } },
      ],
    },
    encoding_format: {
      enum: ['float', 'base64'],
      default: 'float',
      description: 'base64: the numbers in 32 bits each, little-endian.',
    },
    user: { type: 'string', description: 'Has no effect: the key says who asks.' },
    priority,
    timeout_ms,
    cache,
  },
} as const;

/** What else the OpenAI API has. */
export const refusedInEmbeddings = {
  dimensions: 'vectors have the length that the model gives them',
} as const;
