import { constraintProperties, generationProperties, samplingProperties } from '@millrace/relay';
import { modelSchema, noEffectProperties, seedSchema, streamProperties } from './shared-schema.ts';

const text = { type: 'string', description: 'What is said.' } as const;
const parts = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    // Another type is refused as such, not for the fields that it has.
    discriminator: { propertyName: 'type' },
    oneOf: [
      {
        required: ['type', 'text'],
        additionalProperties: false,
        properties: { type: { const: 'text' }, text: { type: 'string' } },
      },
    ],
  },
} as const;
const content = { description: 'A text, or parts of the type text.', anyOf: [text, parts] } as const;
const name = { type: 'string', maxLength: 64, description: 'Who speaks; it has no effect.' } as const;

const toolCall = {
  type: 'object',
  required: ['id', 'type', 'function'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 256 },
    type: { const: 'function' },
    function: {
      type: 'object',
      required: ['name', 'arguments'],
      additionalProperties: false,
      properties: { name: { type: 'string', minLength: 1, maxLength: 64 }, arguments: { type: 'string' } },
    },
  },
} as const;

const speaker = (role: string) => ({
  required: ['role', 'content'],
  additionalProperties: false,
  properties: { role: { const: role }, content, name },
});

const messages = {
  type: 'array',
  minItems: 1,
  maxItems: 4096,
  description: 'The conversation so far, oldest first. developer is taken as system.',
  'x-content': true,
  items: {
    type: 'object',
    discriminator: { propertyName: 'role' },
    oneOf: [
      speaker('system'),
      speaker('developer'),
      speaker('user'),
      {
        required: ['role'],
        additionalProperties: false,
        properties: {
          role: { const: 'assistant' },
          content: { anyOf: [text, parts, { type: 'null' }] },
          refusal: { type: ['string', 'null'], description: 'Has no effect.' },
          name,
          tool_calls: { type: 'array', minItems: 1, maxItems: 128, items: toolCall },
        },
      },
      {
        required: ['role', 'content', 'tool_call_id'],
        additionalProperties: false,
        properties: {
          role: { const: 'tool' },
          content,
          tool_call_id: { type: 'string', minLength: 1, maxLength: 256 },
        },
      },
    ],
  },
} as const;

const { max_tokens, stop, priority, timeout_ms, cache } = generationProperties;
const { default: _most, ...maxTokens } = max_tokens;

/** The body of `POST /v1/chat/completions`. It validates, and the OpenAPI document is made of it. */
export const chatBodySchema = {
  title: 'ChatCompletion',
  type: 'object',
  required: ['model', 'messages'],
  additionalProperties: false,
  properties: {
    model: modelSchema,
    messages,
    max_completion_tokens: {
      ...maxTokens,
      description: 'Most tokens to generate; by default as many as fit.',
    },
    max_tokens: { ...maxTokens, description: 'The older name of max_completion_tokens.' },
    ...samplingProperties,
    temperature: { ...samplingProperties.temperature, default: 1 },
    seed: seedSchema,
    stop,
    ...constraintProperties,
    parallel_tool_calls: {
      const: true,
      description: 'Only true: a model may always call several functions.',
    },
    modalities: { type: 'array', items: { const: 'text' }, description: 'Text is all that there is.' },
    ...streamProperties,
    ...noEffectProperties,
    consent: {
      type: 'boolean',
      default: false,
      description:
        'Whether prompt and answer may be kept for training, without the personal data that is found; only where the tenant allows it.',
    },
    priority,
    timeout_ms,
    cache,
  },
} as const;

/** What else the OpenAI API has. */
export const refusedInChat = {
  audio: 'answers are text',
  function_call: 'send tool_choice',
  functions: 'send tools',
  moderation: 'there is no moderation',
  prediction: 'send the whole prompt',
  prompt_cache_options: 'the operator decides how prefixes are kept',
  prompt_cache_retention: 'the operator decides how long prefixes are kept',
  reasoning_effort: 'the models here do not reason aside',
  verbosity: 'say it in the prompt',
  web_search_options: 'nothing is looked up in the web',
} as const;
