import type { ChatMessage } from '@millrace/stage';
import { constraintProperties, type ConstraintBody } from './constraint-schema.ts';
import { samplingProperties, type SamplingBody } from './sampling-schema.ts';

/** Most content of a request in UTF-8, all messages together. */
export const maxContentBytes = 1024 * 1024;

const text = (description: string): Readonly<Record<string, unknown>> => ({
  type: 'string',
  minLength: 1,
  description,
  'x-content': true,
});

/** The fields that say what to generate, as JSON schemas: the same over WebSocket and HTTP. */
export const generationProperties = {
  model: {
    type: 'string',
    minLength: 1,
    maxLength: 256,
    description: 'Name of the model; without it the default one.',
  },
  prompt: text('What to answer: the same as one message of the user. Either this or messages.'),
  messages: {
    type: 'array',
    minItems: 1,
    maxItems: 4096,
    description: 'The conversation so far, oldest first. Either this or prompt.',
    'x-content': true,
    items: {
      type: 'object',
      required: ['role', 'content'],
      additionalProperties: false,
      properties: {
        role: { enum: ['system', 'user', 'assistant'], description: 'Who speaks.' },
        content: text('What is said.'),
      },
    },
  },
  max_tokens: {
    type: 'integer',
    minimum: 1,
    maximum: 131_072,
    default: 256,
    description:
      'Most tokens to generate for each choice: no more than the context of the model has, nor than the operator allows.',
  },
  ...samplingProperties,
  stop: {
    description: 'The answer ends before any of these texts.',
    'x-content': true,
    anyOf: [
      { type: 'string', minLength: 1, maxLength: 256 },
      { type: 'array', minItems: 1, maxItems: 4, items: { type: 'string', minLength: 1, maxLength: 256 } },
    ],
  },
  ...constraintProperties,
  priority: {
    enum: ['high', 'normal', 'low'],
    default: 'normal',
    description: 'How urgent it is among the requests of the tenant.',
  },
  timeout_ms: {
    type: 'integer',
    minimum: 1,
    maximum: 86_400_000,
    description: 'After so many milliseconds it expires; the limit of the platform, where that is shorter.',
  },
  cache: {
    enum: ['auto', 'always', 'never'],
    default: 'auto',
    description:
      'Whether the answer may come from the cache: auto where the same request has the same answer anyway (temperature 0, a seed, classify, embed) or the tenant has a semantic cache; always also where it is left to chance; never: neither looked up nor kept.',
  },
} as const;

/** Where an idempotency key is named. */
export const idempotencyKeySchema = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description:
    'The same key and body within 24 hours is the same request: its answer is sent again, or goes on being sent.',
} as const;

/** A body that fits `generationProperties`. */
export interface GenerationBody extends SamplingBody, ConstraintBody {
  readonly model?: string;
  readonly prompt?: string;
  readonly messages?: readonly ChatMessage[];
  readonly max_tokens?: number;
  readonly stop?: string | readonly string[];
  readonly priority?: 'high' | 'normal' | 'low';
  readonly timeout_ms?: number;
  readonly cache?: 'auto' | 'always' | 'never';
}
