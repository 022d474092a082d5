import { operations } from '@millrace/stage';

const model = { type: 'string', minLength: 1, maxLength: 128, description: 'Name of a model.' } as const;
const characters = { type: 'integer', minimum: 0 } as const;

/** The file that `MILLRACE_ROUTES` names. */
export const routesSchema = {
  title: 'Routes',
  type: 'object',
  required: ['routes'],
  additionalProperties: false,
  properties: {
    routes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: {
          name: { ...model, description: 'What clients ask for.' },
          targets: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['model'],
              additionalProperties: false,
              properties: {
                model,
                weight: { type: 'number', exclusiveMinimum: 0, maximum: 1_000_000, default: 1 },
              },
            },
          },
          rules: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['model'],
              additionalProperties: false,
              properties: {
                model,
                when: {
                  type: 'object',
                  additionalProperties: false,
                  properties: {
                    operations: { type: 'array', minItems: 1, items: { enum: [...operations] } },
                    minCharacters: characters,
                    maxCharacters: characters,
                    maxCost: { type: 'string', pattern: '^\\d{1,9}(?:\\.\\d{1,10})?$' },
                  },
                },
              },
            },
          },
          fallbacks: { type: 'array', items: model },
        },
      },
    },
  },
} as const;
