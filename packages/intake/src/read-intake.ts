import type { Codec } from '@millrace/contracts';
import { createEndpoints, withFieldName, type Asked, type Endpoint } from '@millrace/endpoints';
import type { Generation } from '@millrace/relay';
import { compileValidator, MillraceError, parseDurationMs } from '@millrace/runtime';
import { operations, type Operation } from '@millrace/stage';
import { decodeIntake, formatOf, type IntakeFormat } from './decode-intake.ts';
import { headerReader, intakeHeaders } from './intake-headers.ts';
import type { IntakeMessage } from './intake-message.ts';
import {
  intakeHeadersSchema,
  intakeSchema,
  momentPattern,
  type IntakeBody,
  type IntakeHeaderValues,
} from './intake-schema.ts';
import { nameInIntake } from './intake-names.ts';
import { operationBody } from './operation-body.ts';

/** How the answer to a message goes out, also where the message is bad: as far as it is known then. */
export interface AnswerAddress {
  readonly correlationId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly format: IntakeFormat;
  readonly operation: Operation | null;
  readonly replayOf: string | null;
}

/** What a message asks. */
export interface IntakeAsked extends AnswerAddress {
  readonly operation: Operation;
  readonly form: 'whole' | 'chunks';
  readonly generation: Generation;
  readonly idempotencyKey: string | undefined;
  /** When it expires by what it says itself, in milliseconds since the epoch. */
  readonly deadlineAt: number | undefined;
  /** The whole answer, as the endpoint of the operation has it. */
  readonly answer: Asked['answer'];
  /** What its fields are called here. */
  readonly nameOf: (param: string) => string;
}

export type ReadIntake = { readonly address: AnswerAddress } & (
  | { readonly asked: IntakeAsked; readonly error?: undefined }
  | { readonly asked?: undefined; readonly error: MillraceError }
);

/** As far as the headers say it. Never throws. */
export function addressOf(message: IntakeMessage): AnswerAddress {
  const header = headerReader(message.headers);
  const format = header(intakeHeaders.answerFormat);
  return {
    correlationId: shortText(header(intakeHeaders.correlationId)),
    metadata: {},
    format: format === 'avro' || format === 'json' ? format : formatOf(message),
    operation: null,
    replayOf: null,
  };
}

/** Makes the reader of messages; compiles schemas, so do it once. Both formats are checked by the same rules. It never throws for what a message says. */
export function createIntakeReader(codec: Codec): (message: IntakeMessage) => ReadIntake {
  const validate = compileValidator<IntakeBody>(intakeSchema);
  const validateHeaders = compileValidator<IntakeHeaderValues>(intakeHeadersSchema);
  const endpoints = new Map(createEndpoints().map((endpoint) => [endpoint.path, endpoint]));

  return (message) => {
    const header = headerReader(message.headers);
    let address = addressOf(message);
    try {
      const headers = validateHeaders(presentHeaders(header));
      address = { ...address, replayOf: headers[intakeHeaders.replayOf] ?? null };
      const decoded = decodeIntake(codec, message);
      address = withNames(address, decoded);
      const body = validate(decoded);
      address = { ...address, metadata: body.metadata ?? {} };
      return { address, asked: askedOf(message, address, headers, body) };
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      return { address, error };
    }
  };

  function askedOf(
    { timeMs }: IntakeMessage,
    address: AnswerAddress,
    headers: IntakeHeaderValues,
    body: IntakeBody,
  ): IntakeAsked {
    const operation = body.operation ?? 'generate';
    const nameOf = nameInIntake(operation);
    const endpoint = endpoints.get(`/v1/${operation}`) as Endpoint;
    const priority = headers[intakeHeaders.priority] ?? body.priority;
    let asked;
    try {
      asked = endpoint.read(
        operationBody(operation, { ...body, ...(priority === undefined ? {} : { priority }) }),
      );
    } catch (error) {
      throw withFieldName(error, nameOf);
    }
    return {
      ...address,
      operation,
      // Labels and vectors come in one piece.
      form: pieceless.has(operation) ? 'whole' : (headers[intakeHeaders.answer] ?? body.answer ?? 'whole'),
      generation: asked.generation,
      idempotencyKey: headers[intakeHeaders.idempotencyKey] ?? body.idempotency_key,
      deadlineAt: deadlineOf(timeMs, headers[intakeHeaders.deadline], body),
      answer: asked.answer,
      nameOf,
    };
  }
}

const pieceless: ReadonlySet<Operation> = new Set(['classify', 'embed']);

function presentHeaders(header: (name: string) => string | undefined): object {
  return Object.fromEntries(
    Object.keys(intakeHeadersSchema.properties).flatMap((name) => {
      const value = header(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What says whose answer it is, of a message that may be bad otherwise. */
function withNames(address: AnswerAddress, decoded: Readonly<Record<string, unknown>>): AnswerAddress {
  const { correlation_id: correlationId, operation = 'generate' } = decoded;
  return {
    ...address,
    correlationId: address.correlationId ?? shortText(correlationId),
    operation: operations.find((each) => each === operation) ?? null,
  };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= 255 ? value : null;
}

/** The header goes before the field; of field and duration the earlier one counts. */
function deadlineOf(
  timeMs: number,
  header: string | undefined,
  { deadline_at: at, timeout_ms: timeoutMs }: IntakeBody,
): number | undefined {
  if (header !== undefined)
    return momentPattern.test(header) ? Date.parse(header) : timeMs + (parseDurationMs(header) ?? 0);
  const moments = [
    ...(at === undefined ? [] : [typeof at === 'number' ? at : Date.parse(at)]),
    ...(timeoutMs === undefined ? [] : [timeMs + timeoutMs]),
  ];
  return moments.length === 0 ? undefined : Math.min(...moments);
}
