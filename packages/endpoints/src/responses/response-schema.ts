import { constraintProperties, generationProperties, samplingProperties } from '@millrace/relay';
import { modelSchema, noEffectProperties } from '../openai/shared-schema.ts';

const text = { type: 'string', description: 'What is said.' } as const;
const nothing = { description: 'Has no effect.' } as const;
const partOf = (type: string) => ({
  required: ['type', 'text'],
  additionalProperties: false,
  properties: { type: { const: type }, text, annotations: nothing, logprobs: nothing },
});
const content = {
  anyOf: [
    text,
    {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        discriminator: { propertyName: 'type' },
        oneOf: [partOf('input_text'), partOf('output_text')],
      },
    },
  ],
} as const;
const id = { type: 'string', maxLength: 256, description: 'Has no effect.' } as const;
const status = { type: 'string', maxLength: 64, description: 'Has no effect.' } as const;
const callId = { type: 'string', minLength: 1, maxLength: 256 } as const;

const message = {
  type: 'object',
  required: ['role', 'content'],
  additionalProperties: false,
  properties: {
    type: { const: 'message' },
    role: { enum: ['system', 'developer', 'user', 'assistant'] },
    content,
    id,
    status,
    phase: nothing,
  },
} as const;
const functionCall = {
  type: 'object',
  required: ['type', 'call_id', 'name', 'arguments'],
  additionalProperties: false,
  properties: {
    type: { const: 'function_call' },
    call_id: callId,
    name: { type: 'string', minLength: 1, maxLength: 64 },
    arguments: { type: 'string' },
    id,
    status,
  },
} as const;
const functionCallOutput = {
  type: 'object',
  required: ['type', 'call_id', 'output'],
  additionalProperties: false,
  properties: { type: { const: 'function_call_output' }, call_id: callId, output: content, id, status },
} as const;

const { store: _notHere, metadata, ...noEffect } = noEffectProperties;
const [, , jsonSchemaFormat] = constraintProperties.response_format.oneOf;
const { name, schema, description, strict } = jsonSchemaFormat.properties.json_schema.properties;
const { function: tool } = constraintProperties.tools.items.properties;
const { default: _most, ...maxTokens } = generationProperties.max_tokens;

/** The body of `POST /v1/responses`. It validates, and the OpenAPI document is made of it. */
export const responseBodySchema = {
  title: 'NewResponse',
  type: 'object',
  required: ['model', 'input'],
  additionalProperties: false,
  properties: {
    model: modelSchema,
    input: {
      description:
        'A text of the user, or the items of a conversation, oldest first: messages, calls of functions and what came of them.',
      'x-content': true,
      anyOf: [
        { type: 'string', minLength: 1 },
        {
          type: 'array',
          minItems: 1,
          maxItems: 4096,
          items: { anyOf: [message, functionCall, functionCallOutput] },
        },
      ],
    },
    instructions: {
      type: 'string',
      minLength: 1,
      'x-content': true,
      description:
        'What stands before the conversation, as system. Not taken over by the responses that follow.',
    },
    previous_response_id: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'A stored response that this one goes on behind.',
    },
    store: {
      type: 'boolean',
      default: true,
      description:
        'Whether the response is kept, for 30 days; without it, it can neither be fetched nor gone on behind.',
    },
    background: {
      type: 'boolean',
      default: false,
      description: 'Whether it runs without a client that waits for it. Only with store.',
    },
    stream: {
      type: 'boolean',
      default: false,
      description: 'Whether the answer comes as server-sent events.',
    },
    stream_options: {
      type: 'object',
      additionalProperties: false,
      description: 'Only with stream.',
      properties: { include_obfuscation: { const: false, description: 'Events are not padded.' } },
    },
    max_output_tokens: { ...maxTokens, description: 'Most tokens to generate; by default as many as fit.' },
    temperature: { ...samplingProperties.temperature, default: 1 },
    top_p: samplingProperties.top_p,
    text: {
      type: 'object',
      additionalProperties: false,
      description: 'The form that the answer has to have.',
      'x-content': true,
      properties: {
        format: {
          type: 'object',
          discriminator: { propertyName: 'type' },
          oneOf: [
            { required: ['type'], additionalProperties: false, properties: { type: { const: 'text' } } },
            {
              required: ['type'],
              additionalProperties: false,
              properties: { type: { const: 'json_object' } },
            },
            {
              required: ['type', 'name', 'schema'],
              additionalProperties: false,
              properties: { type: { const: 'json_schema' }, name, schema, description, strict },
            },
          ],
        },
      },
    },
    tools: {
      type: 'array',
      minItems: 1,
      maxItems: 128,
      description: 'Functions that the model may ask the client to call.',
      'x-content': true,
      items: {
        type: 'object',
        // A tool of another type is refused as such, not for the fields that it has.
        discriminator: { propertyName: 'type' },
        oneOf: [
          {
            required: ['type', 'name'],
            additionalProperties: false,
            properties: {
              type: { const: 'function' },
              ...tool.properties,
              strict: { type: ['boolean', 'null'], description: 'Taken as true: arguments always fit.' },
            },
          },
        ],
      },
    },
    tool_choice: {
      description: 'Whether a function is called: auto, none, required, or the one that is named.',
      'x-content': true,
      anyOf: [
        { enum: ['auto', 'none', 'required'] },
        {
          type: 'object',
          required: ['type', 'name'],
          additionalProperties: false,
          properties: { type: { const: 'function' }, name: tool.properties.name },
        },
      ],
    },
    parallel_tool_calls: {
      const: true,
      description: 'Only true: a model may always call several functions.',
    },
    truncation: { const: 'disabled', description: 'Only disabled: what does not fit is refused.' },
    ...noEffect,
    metadata: { ...metadata, description: 'Given back as it is.' },
    priority: generationProperties.priority,
    cache: generationProperties.cache,
  },
} as const;

/** What else the OpenAI API has. */
export const refusedInResponses = {
  access_programs: 'there are no access programs',
  background_options: 'background responses have no options',
  context_management: 'the conversation is sent as it is',
  conversation: 'send previous_response_id',
  image: 'answers are text',
  include: 'everything that there is, is in the answer',
  max_tool_calls: 'tools are called by the client',
  moderation: 'there is no moderation',
  prompt: 'there are no stored prompts',
  prompt_cache_options: 'the operator decides how prefixes are kept',
  prompt_cache_retention: 'the operator decides how long prefixes are kept',
  reasoning: 'the models here do not reason aside',
  top_logprobs: 'use /v1/chat/completions for log-probabilities',
} as const;
