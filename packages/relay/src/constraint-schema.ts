import type { FunctionTool, ResponseFormat, ToolChoice } from '@millrace/stage';

const name = {
  type: 'string',
  pattern: '^[a-zA-Z0-9_-]{1,64}$',
  description: 'Letters, digits, _ and -, at most 64.',
} as const;

const jsonSchema = (description: string) =>
  ({ type: 'object', additionalProperties: true, description }) as const;

/** The fields that bind the answer to a form, as JSON schemas. */
export const constraintProperties = {
  response_format: {
    type: 'object',
    discriminator: { propertyName: 'type' },
    description: 'The form that the answer has to have.',
    'x-content': true,
    oneOf: [
      { required: ['type'], additionalProperties: false, properties: { type: { const: 'text' } } },
      { required: ['type'], additionalProperties: false, properties: { type: { const: 'json_object' } } },
      {
        required: ['type', 'json_schema'],
        additionalProperties: false,
        properties: {
          type: { const: 'json_schema' },
          json_schema: {
            type: 'object',
            required: ['name', 'schema'],
            additionalProperties: false,
            properties: {
              name,
              description: { type: 'string', maxLength: 1024, description: 'What it is for.' },
              schema: jsonSchema('The JSON schema that the answer fits.'),
              strict: { type: 'boolean', description: 'Taken as true: the answer always fits.' },
            },
          },
        },
      },
    ],
  },
  tools: {
    type: 'array',
    minItems: 1,
    maxItems: 128,
    description: 'Functions that the model may ask the client to call.',
    'x-content': true,
    items: {
      type: 'object',
      required: ['type', 'function'],
      additionalProperties: false,
      properties: {
        type: { const: 'function' },
        function: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: {
            name,
            description: { type: 'string', maxLength: 4096, description: 'What the function does.' },
            parameters: jsonSchema('The JSON schema of its arguments, which are one object.'),
          },
        },
      },
    },
  },
  tool_choice: {
    description:
      'Whether a function is called: auto, as the model likes; none; required, one of them; or the one that is named.',
    'x-content': true,
    anyOf: [
      { enum: ['auto', 'none', 'required'] },
      {
        type: 'object',
        required: ['type', 'function'],
        additionalProperties: false,
        properties: {
          type: { const: 'function' },
          function: {
            type: 'object',
            required: ['name'],
            additionalProperties: false,
            properties: { name },
          },
        },
      },
    ],
  },
} as const;

/** A body that fits `constraintProperties`. */
export interface ConstraintBody {
  readonly response_format?: ResponseFormat;
  readonly tools?: readonly FunctionTool[];
  readonly tool_choice?: ToolChoice;
}
