import {
  finishProperties,
  requiredTaskProperties,
  taskProperties,
  timingsSchema,
  usageSchema,
} from '@millrace/relay';
import type { TaskOperation } from '@millrace/stage';
import { answerProperties, requiredAnswerProperties, streamSchema } from './generate-schema.ts';

/** Tasks whose answers come as text while they are generated. */
export const streamedTasks: ReadonlySet<TaskOperation> = new Set(['summarize', 'translate']);

/** What each task is called in the documents. */
const titles = {
  summarize: 'Summarize',
  classify: 'Classify',
  translate: 'Translate',
  embed: 'Embed',
} as const satisfies Record<TaskOperation, string>;

/** The body of `POST /v1/<task>`. It validates, and the OpenAPI document is made of it. */
export function taskBodySchema(operation: TaskOperation) {
  return {
    title: titles[operation],
    type: 'object',
    required: requiredTaskProperties[operation],
    additionalProperties: false,
    properties: {
      ...taskProperties[operation],
      ...(streamedTasks.has(operation) ? { stream: streamSchema } : {}),
    },
  } as const;
}

const textResult = {
  type: 'object',
  required: ['text', 'finish_reason'],
  additionalProperties: false,
  properties: {
    text: { type: 'string', description: 'The answer to the text.' },
    finish_reason: finishProperties.finish_reason,
  },
} as const;

/** What each task says of one text. */
export const taskResultSchemas = {
  summarize: textResult,
  translate: textResult,
  classify: {
    type: 'object',
    required: ['labels'],
    additionalProperties: false,
    properties: {
      labels: {
        type: 'array',
        description: 'The labels, likeliest first.',
        items: {
          type: 'object',
          required: ['label', 'score'],
          additionalProperties: false,
          properties: {
            label: { type: 'string', description: 'As it was sent.' },
            score: {
              type: 'number',
              minimum: 0,
              maximum: 1,
              description: 'How probable it is among all labels, whose scores sum to 1.',
            },
          },
        },
      },
    },
  },
  embed: {
    type: 'object',
    required: ['embedding'],
    additionalProperties: false,
    properties: {
      embedding: {
        type: 'array',
        items: { type: 'number' },
        description: 'A vector of length 1: a dot product of two is their cosine.',
      },
      truncated: {
        const: true,
        description: 'The text is longer than the model reads: its end is left out.',
      },
    },
  },
} as const satisfies Record<TaskOperation, object>;

/** The answer to `POST /v1/<task>`. */
export function taskAnswerSchema(operation: TaskOperation) {
  return {
    title: `${titles[operation]} answer`,
    type: 'object',
    required: [...requiredAnswerProperties, 'results', 'usage', 'timings'],
    additionalProperties: false,
    properties: {
      ...answerProperties,
      results: {
        type: 'array',
        description: 'One for each text, in their order.',
        items: taskResultSchemas[operation],
      },
      usage: usageSchema,
      timings: timingsSchema,
    },
  } as const;
}
