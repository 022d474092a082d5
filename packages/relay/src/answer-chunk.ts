import type { TokenLogprobs, ToolCall } from '@millrace/stage';
import type { RelayChunk } from './relay-event.ts';

/** A piece of an answer, as clients see it. */
export interface AnswerChunk {
  readonly seq: number;
  readonly choice?: number;
  readonly text: string;
  readonly logprobs?: readonly TokenLogprobs[];
  readonly tool_calls?: readonly ToolCall[];
}

/** `choice`, `logprobs` and `tool_calls` are there only for those who ask for them. */
export function answerChunk({ seq, choice, text, logprobs, toolCalls }: RelayChunk): AnswerChunk {
  return {
    seq,
    ...(choice === undefined ? {} : { choice }),
    text,
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(toolCalls === undefined ? {} : { tool_calls: toolCalls }),
  };
}

const likelyToken = {
  token: { type: 'string', description: 'The token as text; a character that is cut off is U+FFFD.' },
  bytes: {
    type: 'array',
    items: { type: 'integer', minimum: 0, maximum: 255 },
    description: 'The token in UTF-8.',
  },
  logprob: {
    type: 'number',
    maximum: 0,
    description: 'Natural logarithm of its probability; -9999 where it was all but impossible.',
  },
} as const;

/** Log-probabilities of tokens. Tokens are as the model said them: personal data is a placeholder there. */
export const logprobsSchema = {
  type: 'array',
  description: 'The tokens and how probable they were; only with logprobs. Placeholders are not restored.',
  items: {
    type: 'object',
    required: ['token', 'bytes', 'logprob', 'top_logprobs'],
    additionalProperties: false,
    properties: {
      ...likelyToken,
      top_logprobs: {
        type: 'array',
        description: 'The likeliest tokens in its place, likeliest first.',
        items: {
          type: 'object',
          required: ['token', 'bytes', 'logprob'],
          additionalProperties: false,
          properties: likelyToken,
        },
      },
    },
  },
} as const;

/** Calls of functions. */
export const toolCallsSchema = {
  type: 'array',
  description: 'The functions that the answer calls; only with tools.',
  items: {
    type: 'object',
    required: ['id', 'type', 'function'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', description: 'What the call is named.' },
      type: { const: 'function' },
      function: {
        type: 'object',
        required: ['name', 'arguments'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', description: 'The function.' },
          arguments: { type: 'string', description: 'The JSON text of an object.' },
        },
      },
    },
  },
} as const;

/** What chunks have besides their number, as JSON schemas. */
export const chunkProperties = {
  choice: {
    type: 'integer',
    minimum: 0,
    description: 'Index of the choice or the text that it belongs to; only where there are several.',
  },
  text: {
    type: 'string',
    description: 'Text to append to its choice; empty only where logprobs or tool_calls come with it.',
  },
  logprobs: logprobsSchema,
  tool_calls: toolCallsSchema,
} as const;

const finishReason = { enum: ['stop', 'length', 'tool_calls', 'cancelled'] } as const;

/** Why an answer ended, as JSON schemas. */
export const finishProperties = {
  finish_reason: { ...finishReason, description: 'Why the answer ended.' },
  finish_reasons: {
    type: 'array',
    items: finishReason,
    description: 'Why each choice, or the answer to each text, ended; only where there are several.',
  },
} as const;
