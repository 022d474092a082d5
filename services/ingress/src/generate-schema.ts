import {
  generationProperties,
  timingsSchema,
  usageSchema,
  type AnswerUsage,
  type GenerationBody,
} from '@millrace/relay';
import type { Timings } from '@millrace/contracts';

export interface GenerateBody extends GenerationBody {
  readonly stream?: boolean;
}

/** The body of `POST /v1/generate`. It validates, and the OpenAPI document is made of it. */
export const generateBodySchema = {
  title: 'Generate',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...generationProperties,
    stream: {
      type: 'boolean',
      default: false,
      description: 'Whether the answer comes as server-sent events while it is generated.',
    },
  },
} as const;

/** A whole answer. */
export interface GenerateAnswer {
  readonly request_id: string;
  readonly model: string | null;
  readonly text: string;
  readonly finish_reason: string;
  readonly usage: AnswerUsage;
  readonly timings: Timings;
}

const requestId = { type: 'string', description: 'The request, a UUID.' } as const;
const model = { type: ['string', 'null'], description: 'The model that answered.' } as const;
const finishReason = { enum: ['stop', 'length', 'cancelled'], description: 'Why the answer ended.' } as const;
const seq = {
  type: 'integer',
  minimum: 0,
  description: 'Counts the pieces from 1; also the id of the event.',
} as const;

export const generateAnswerSchema = {
  title: 'Answer',
  type: 'object',
  required: ['request_id', 'model', 'text', 'finish_reason', 'usage', 'timings'],
  additionalProperties: false,
  properties: {
    request_id: requestId,
    model,
    text: { type: 'string', description: 'The answer.' },
    finish_reason: finishReason,
    usage: usageSchema,
    timings: timingsSchema,
  },
} as const;

export const errorBodySchema = {
  title: 'Error',
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      additionalProperties: false,
      properties: {
        message: { type: 'string', description: 'One sentence for a person.' },
        type: { type: 'string', description: 'The kind of error, in the terms of the OpenAI API.' },
        param: { type: ['string', 'null'], description: 'The field at fault.' },
        code: { type: ['string', 'null'], description: 'See the reference of error codes.' },
      },
    },
  },
} as const;

/** Data of the server-sent events, by the name of the event. */
export const eventSchemas = {
  chunk: {
    title: 'Chunk',
    type: 'object',
    required: ['seq', 'text'],
    additionalProperties: false,
    properties: { seq, text: { type: 'string', description: 'Text to append.' } },
  },
  completed: {
    title: 'Completed',
    type: 'object',
    required: ['seq', 'request_id', 'model', 'finish_reason', 'usage', 'timings'],
    additionalProperties: false,
    properties: {
      seq,
      request_id: requestId,
      model,
      finish_reason: finishReason,
      usage: usageSchema,
      timings: timingsSchema,
    },
  },
  error: errorBodySchema,
} as const;
