import { generationProperties, idempotencyKeySchema, type GenerationBody } from '@millrace/relay';

export interface GenerateMessage extends GenerationBody {
  readonly type: 'generate';
  readonly id: string;
  readonly idempotency_key?: string;
}

export interface CancelMessage {
  readonly type: 'cancel';
  readonly id?: string;
  readonly request_id?: string;
}

export interface ResumeMessage {
  readonly type: 'resume';
  readonly request_id: string;
  readonly after: number;
  readonly id?: string;
}

export interface PingMessage {
  readonly type: 'ping';
}

export type ClientMessage = GenerateMessage | CancelMessage | ResumeMessage | PingMessage;

export const maxIdLength = 64;

const id = (description: string) =>
  ({ type: 'string', minLength: 1, maxLength: maxIdLength, description }) as const;
const requestId = {
  type: 'string',
  format: 'uuid',
  description: 'Id of the request, from accepted.',
} as const;

/** What a client may send, as JSON schemas by type. They validate, and the AsyncAPI document is made of them. */
export const clientMessageSchemas = {
  generate: {
    title: 'Generate',
    description: 'Asks for an answer.',
    type: 'object',
    required: ['type', 'id'],
    additionalProperties: false,
    properties: {
      type: { const: 'generate' },
      id: id('Names the request on this connection, until it has ended.'),
      idempotency_key: idempotencyKeySchema,
      ...generationProperties,
    },
  },
  cancel: {
    title: 'Cancel',
    description:
      'Stops a request, named by its id on this connection or its request_id. What was generated is kept and charged.',
    type: 'object',
    required: ['type'],
    additionalProperties: false,
    properties: {
      type: { const: 'cancel' },
      id: id('Id of the request on this connection.'),
      request_id: requestId,
    },
  },
  resume: {
    title: 'Resume',
    description:
      'Goes on with an answer behind a chunk, on any gateway, for 15 minutes after it was generated.',
    type: 'object',
    required: ['type', 'request_id', 'after'],
    additionalProperties: false,
    properties: {
      type: { const: 'resume' },
      request_id: requestId,
      after: {
        type: 'integer',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'seq of the last chunk that the client has; 0: none.',
      },
      id: id('Names the request on this connection from now on.'),
    },
  },
  ping: {
    title: 'Ping',
    description: 'Asks for a pong.',
    type: 'object',
    required: ['type'],
    additionalProperties: false,
    properties: { type: { const: 'ping' } },
  },
} as const satisfies Record<ClientMessage['type'], object>;
