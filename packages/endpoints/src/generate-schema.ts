import {
  chunkProperties,
  costSchema,
  finishProperties,
  generationProperties,
  logprobsSchema,
  timingsSchema,
  toolCallsSchema,
  usageSchema,
  type AnswerUsage,
  type GenerationBody,
} from '@millrace/relay';
import type { Timings } from '@millrace/contracts';
import type { AnswerHead } from './answer-head.ts';
import type { TokenLogprobs, ToolCall } from '@millrace/stage';

export interface GenerateBody extends GenerationBody {
  readonly stream?: boolean;
}

export const streamSchema = {
  type: 'boolean',
  default: false,
  description: 'Whether the answer comes as server-sent events while it is generated.',
} as const;

/** The body of `POST /v1/generate`. It validates, and the OpenAPI document is made of it. */
export const generateBodySchema = {
  title: 'Generate',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...generationProperties,
    stream: streamSchema,
  },
} as const;

/** A whole answer. */
export interface GenerateAnswer extends AnswerHead {
  readonly text: string;
  readonly finish_reason: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly tool_calls?: readonly ToolCall[];
  /** Only where there are several; the first is at the top as well. */
  readonly choices?: readonly AnswerChoice[];
  readonly usage: AnswerUsage;
  readonly timings: Timings;
}

/** One choice of an answer. */
export interface AnswerChoice {
  readonly index: number;
  readonly text: string;
  readonly finish_reason: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly tool_calls?: readonly ToolCall[];
}

const requestId = { type: 'string', description: 'The request, a UUID.' } as const;
const model = { type: ['string', 'null'], description: 'The model that answered.' } as const;
/** What every whole answer begins with. */
export const answerProperties = {
  request_id: requestId,
  model,
  model_version: { type: ['string', 'null'], description: 'Version of that model.' },
  created: {
    type: 'integer',
    minimum: 0,
    description: 'When the request was taken in, in seconds since 1970.',
  },
  cost: costSchema,
} as const;
export const requiredAnswerProperties = ['request_id', 'model', 'model_version', 'created', 'cost'] as const;
const { finish_reason: finishReason, finish_reasons: finishReasons } = finishProperties;
const seq = {
  type: 'integer',
  minimum: 0,
  description: 'Counts the pieces from 1; also the id of the event.',
} as const;

export const generateAnswerSchema = {
  title: 'Answer',
  type: 'object',
  required: [...requiredAnswerProperties, 'text', 'finish_reason', 'usage', 'timings'],
  additionalProperties: false,
  properties: {
    ...answerProperties,
    text: { type: 'string', description: 'The answer; where n is above 1, its first choice.' },
    finish_reason: {
      ...finishReason,
      description: 'Why the answer ended; where n is above 1, cancelled or length if any choice did so.',
    },
    logprobs: logprobsSchema,
    tool_calls: toolCallsSchema,
    choices: {
      type: 'array',
      description: 'All choices by their index; only where n is above 1.',
      items: {
        type: 'object',
        required: ['index', 'text', 'finish_reason'],
        additionalProperties: false,
        properties: {
          index: { type: 'integer', minimum: 0, description: 'Which choice it is.' },
          text: { type: 'string', description: 'The answer.' },
          finish_reason: finishReason,
          logprobs: logprobsSchema,
          tool_calls: toolCallsSchema,
        },
      },
    },
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
    properties: { seq, ...chunkProperties },
  },
  completed: {
    title: 'Completed',
    type: 'object',
    required: ['seq', 'request_id', 'model', 'finish_reason', 'usage', 'timings', 'cost'],
    additionalProperties: false,
    properties: {
      seq,
      request_id: requestId,
      model,
      finish_reason: finishReason,
      finish_reasons: finishReasons,
      usage: usageSchema,
      timings: timingsSchema,
      cost: costSchema,
    },
  },
  error: {
    ...errorBodySchema,
    title: 'Error event',
    required: ['error', 'request_id', 'seq', 'retryable'],
    properties: {
      ...errorBodySchema.properties,
      request_id: requestId,
      seq: { type: 'integer', minimum: 0, description: 'That of the last chunk; 0 when there was none.' },
      retryable: { type: 'boolean', description: 'Whether another try can succeed.' },
      retry_after_ms: { type: 'integer', minimum: 0, description: 'When another try makes sense.' },
      resume: {
        type: 'object',
        description: 'There where the request runs on: how to get the rest of its answer.',
        required: ['url', 'last_event_id'],
        additionalProperties: false,
        properties: {
          url: { type: 'string', description: 'The path to get.' },
          last_event_id: { type: 'string', description: 'What to send as Last-Event-ID.' },
        },
      },
    },
  },
} as const;
