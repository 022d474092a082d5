import type { Timings } from '@millrace/contracts';
import {
  chunkProperties,
  costSchema,
  clientErrorCodes,
  finishProperties,
  timingsSchema,
  usageSchema,
  type AnswerChunk,
  type AnswerCost,
  type AnswerUsage,
} from '@millrace/relay';
import { maxIdLength } from './client-messages.ts';

export const protocolVersion = 1;

export interface Limits {
  readonly max_in_flight: number;
  readonly max_content_bytes: number;
  readonly max_frame_bytes: number;
}

export interface ReadyMessage {
  readonly type: 'ready';
  readonly protocol: typeof protocolVersion;
  readonly gateway: string;
  readonly heartbeat_ms: number;
  readonly limits: Limits;
}

/** Which request a message is about. */
interface Named {
  readonly request_id: string;
  readonly id?: string;
}

export interface AcceptedMessage extends Named {
  readonly type: 'accepted';
}

export interface ChunkMessage extends Named, AnswerChunk {
  readonly type: 'chunk';
}

export interface CompletedMessage extends Named {
  readonly type: 'completed';
  readonly seq: number;
  readonly model?: string;
  readonly finish_reason: string;
  readonly finish_reasons?: readonly string[];
  readonly usage: AnswerUsage;
  readonly timings: Timings;
  /** Null where the model has no price. */
  readonly cost: AnswerCost | null;
  /** Where it was asked for; null where there was none in time. */
  readonly receipt?: object | null;
}

export interface ErrorMessage extends Partial<Named> {
  readonly type: 'error';
  readonly code: string;
  readonly error_type: string;
  readonly message: string;
  readonly param: string | null;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  readonly seq?: number;
  readonly usage?: AnswerUsage;
}

export interface PongMessage {
  readonly type: 'pong';
}

export type ServerMessage =
  | ReadyMessage
  | AcceptedMessage
  | ChunkMessage
  | CompletedMessage
  | ErrorMessage
  | PongMessage;

const named = {
  request_id: {
    type: 'string',
    minLength: 36,
    maxLength: 36,
    description: 'The request, a UUID. It resumes the answer on another connection.',
  },
  id: {
    type: 'string',
    minLength: 1,
    maxLength: maxIdLength,
    description: 'What the client called the request on this connection; absent where it gave no name.',
  },
} as const;

const seq = (minimum: number, description: string) => ({ type: 'integer', minimum, description }) as const;

/** What the server sends, as JSON schemas by type. */
export const serverMessageSchemas = {
  ready: {
    title: 'Ready',
    description: 'The first message of a connection: the credential is valid.',
    type: 'object',
    required: ['type', 'protocol', 'gateway', 'heartbeat_ms', 'limits'],
    additionalProperties: false,
    properties: {
      type: { const: 'ready' },
      protocol: { const: protocolVersion },
      gateway: { type: 'string', description: 'Name of the gateway process.' },
      heartbeat_ms: {
        type: 'integer',
        minimum: 1,
        description: 'Interval of the WebSocket pings. A client that answers none is cut off.',
      },
      limits: {
        type: 'object',
        required: ['max_in_flight', 'max_content_bytes', 'max_frame_bytes'],
        additionalProperties: false,
        properties: {
          max_in_flight: {
            type: 'integer',
            minimum: 1,
            description: 'Most requests at once on this connection.',
          },
          max_content_bytes: {
            type: 'integer',
            minimum: 1,
            description: 'Most content of a request in UTF-8.',
          },
          max_frame_bytes: {
            type: 'integer',
            minimum: 1,
            description: 'A larger frame ends the connection with 1009.',
          },
        },
      },
    },
  },
  accepted: {
    title: 'Accepted',
    description: 'The request is stored, and will be answered whatever breaks.',
    type: 'object',
    required: ['type', 'request_id'],
    additionalProperties: false,
    properties: { type: { const: 'accepted' }, ...named },
  },
  chunk: {
    title: 'Chunk',
    description: 'A piece of the answer.',
    type: 'object',
    required: ['type', 'request_id', 'seq', 'text'],
    additionalProperties: false,
    properties: {
      type: { const: 'chunk' },
      ...named,
      seq: seq(1, 'Counts from 1 without gaps, and is the same on every gateway and every resume.'),
      ...chunkProperties,
    },
  },
  completed: {
    title: 'Completed',
    description: 'The answer is whole, or was cancelled.',
    type: 'object',
    required: ['type', 'request_id', 'seq', 'finish_reason', 'usage', 'timings', 'cost'],
    additionalProperties: false,
    properties: {
      type: { const: 'completed' },
      ...named,
      seq: seq(0, 'That of the last chunk; 0 when there was none.'),
      model: { type: 'string', description: 'The model that answered.' },
      ...finishProperties,
      usage: usageSchema,
      timings: timingsSchema,
      cost: costSchema,
      receipt: {
        type: ['object', 'null'],
        description:
          'Where it was asked for: the signed receipt, as GET /v1/requests/{id}/receipt gives it. Null when it did not come in time: it is given there later.',
      },
    },
  },
  error: {
    title: 'Error',
    description:
      'A message was refused, or a request failed. The connection goes on unless a close frame follows.',
    type: 'object',
    required: ['type', 'code', 'error_type', 'message', 'param', 'retryable'],
    additionalProperties: false,
    properties: {
      type: { const: 'error' },
      ...named,
      code: { enum: clientErrorCodes, description: 'See the reference of error codes.' },
      error_type: { type: 'string', description: 'The kind of error, in the terms of the OpenAI API.' },
      message: { type: 'string', description: 'One sentence for a person.' },
      param: { type: ['string', 'null'], description: 'The field at fault.' },
      retryable: { type: 'boolean', description: 'Whether the same request, or resume, can succeed later.' },
      retry_after_ms: { type: 'integer', minimum: 0, description: 'When a retry makes sense.' },
      seq: seq(0, 'Where an answer broke off: seq of its last chunk.'),
      usage: usageSchema,
    },
  },
  pong: {
    title: 'Pong',
    description: 'The answer to a ping.',
    type: 'object',
    required: ['type'],
    additionalProperties: false,
    properties: { type: { const: 'pong' } },
  },
} as const satisfies Record<ServerMessage['type'], object>;
