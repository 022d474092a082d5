import { generationProperties, idempotencyKeySchema } from '@millrace/relay';
import { operations } from '@millrace/stage';
import { intakeHeaders } from './intake-headers.ts';

const correlationId = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'What the sender calls the request.',
} as const;
const answer = {
  enum: ['whole', 'chunks'],
  description: 'Whether the answer comes whole, or in pieces as it is generated.',
} as const;
const { model, priority, timeout_ms, cache } = generationProperties;

/** RFC 3339, as `Date.parse` takes it. */
const moment = String.raw`^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$`;
export const momentPattern = new RegExp(moment, 'u');

/** What stands around the body of the operation: the fields of `intake.requested` that no endpoint checks. */
export const intakeSchema = {
  title: 'Request of a queue',
  type: 'object',
  additionalProperties: false,
  properties: {
    correlation_id: correlationId,
    operation: { enum: operations, description: 'What is to be done.' },
    model,
    messages: { description: 'The conversation so far, oldest first.', 'x-content': true },
    input: { description: 'What to work on.', 'x-content': true },
    parameters: {
      type: 'object',
      additionalProperties: true,
      description: 'What POST /v1/predict takes as parameters of the operation.',
      'x-content': true,
    },
    answer,
    priority,
    deadline_at: {
      description: 'When it expires.',
      anyOf: [
        { type: 'integer', minimum: 0, maximum: 8_640_000_000_000_000 },
        { type: 'string', pattern: moment },
      ],
    },
    timeout_ms,
    idempotency_key: idempotencyKeySchema,
    cache,
    metadata: {
      type: 'object',
      maxProperties: 16,
      propertyNames: { type: 'string', minLength: 1, maxLength: 64 },
      additionalProperties: { type: 'string', maxLength: 512 },
      description: 'Repeated in each answer.',
      'x-content': true,
    },
  },
} as const;

/** A request that fits `intakeSchema`. */
export interface IntakeBody {
  readonly correlation_id?: string;
  readonly operation?: (typeof operations)[number];
  readonly model?: string;
  readonly messages?: unknown;
  readonly input?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly answer?: 'whole' | 'chunks';
  readonly priority?: 'high' | 'normal' | 'low';
  readonly deadline_at?: number | string;
  readonly timeout_ms?: number;
  readonly idempotency_key?: string;
  readonly cache?: 'auto' | 'always' | 'never';
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What the headers may say. */
export const intakeHeadersSchema = {
  title: 'Headers of a request of a queue',
  type: 'object',
  additionalProperties: false,
  properties: {
    [intakeHeaders.correlationId]: correlationId,
    [intakeHeaders.priority]: { enum: priority.enum, description: priority.description },
    [intakeHeaders.deadline]: {
      type: 'string',
      pattern: String.raw`${moment}|^\d{1,15}(\.\d{1,6})? ?(ms|s|m|h|d)?$`,
      description: 'A moment as in RFC 3339, or a duration such as 30s.',
    },
    [intakeHeaders.idempotencyKey]: idempotencyKeySchema,
    [intakeHeaders.answer]: answer,
    [intakeHeaders.answerFormat]: { enum: ['avro', 'json'], description: 'What the answers are in.' },
    [intakeHeaders.replayOf]: { type: 'string', format: 'uuid', description: 'A request.' },
  },
} as const;

/** Headers that fit `intakeHeadersSchema`. */
export type IntakeHeaderValues = Readonly<
  Partial<
    Record<
      | typeof intakeHeaders.correlationId
      | typeof intakeHeaders.deadline
      | typeof intakeHeaders.idempotencyKey
      | typeof intakeHeaders.replayOf,
      string
    > &
      Record<typeof intakeHeaders.priority, 'high' | 'normal' | 'low'> &
      Record<typeof intakeHeaders.answer, 'whole' | 'chunks'> &
      Record<typeof intakeHeaders.answerFormat, 'avro' | 'json'>
  >
>;
