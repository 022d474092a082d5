import {
  generationProperties,
  idempotencyKeySchema,
  requiredTaskProperties,
  taskProperties,
  type GenerationBody,
  type TaskBody,
} from '@millrace/relay';
import type { TaskOperation } from '@millrace/stage';

export interface GenerateMessage extends GenerationBody {
  readonly type: 'generate';
  readonly id: string;
  readonly idempotency_key?: string;
  readonly receipt?: boolean;
  readonly consent?: boolean;
}

export interface TaskMessage extends TaskBody {
  readonly type: TaskOperation;
  readonly id: string;
  readonly idempotency_key?: string;
  readonly receipt?: boolean;
}

/** A message that asks for an answer. */
export type AskMessage = GenerateMessage | TaskMessage;

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
  readonly receipt?: boolean;
}

export interface PingMessage {
  readonly type: 'ping';
}

export type ClientMessage = AskMessage | CancelMessage | ResumeMessage | PingMessage;

export const maxIdLength = 64;

const id = (description: string) =>
  ({ type: 'string', minLength: 1, maxLength: maxIdLength, description }) as const;
const requestId = {
  type: 'string',
  format: 'uuid',
  description: 'Id of the request, from accepted.',
} as const;

const requestName = id('Names the request on this connection, until it has ended.');

const receipt = {
  type: 'boolean',
  default: false,
  description: 'Whether completed has the signed receipt of the request, for which it waits at most 5 s.',
} as const;

const taskSchema = <Task extends TaskOperation>(type: Task, title: string, description: string) =>
  ({
    title,
    description,
    type: 'object',
    required: ['type', 'id', ...requiredTaskProperties[type]],
    additionalProperties: false,
    properties: {
      type: { const: type },
      id: requestName,
      idempotency_key: idempotencyKeySchema,
      receipt,
      ...taskProperties[type],
    },
  }) as const;

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
      id: requestName,
      idempotency_key: idempotencyKeySchema,
      receipt,
      consent: {
        type: 'boolean',
        default: false,
        description:
          'Whether prompt and answer may be kept for training, without the personal data that is found; only where the tenant allows it.',
      },
      ...generationProperties,
    },
  },
  summarize: taskSchema('summarize', 'Summarize', 'Asks for a summary of each text.'),
  classify: taskSchema(
    'classify',
    'Classify',
    'Asks which label fits each text. The chunk of a text is JSON: {"labels": [{"label", "score"}, …]}, likeliest first.',
  ),
  translate: taskSchema('translate', 'Translate', 'Asks for a translation of each text.'),
  embed: taskSchema(
    'embed',
    'Embed',
    'Asks for a vector of each text. The chunk of a text is JSON: {"embedding": […]}, and "truncated": true where its end was left out.',
  ),
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
      receipt,
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
