import { clientErrorCodes, idempotencyKeySchema } from '@millrace/relay';
import { errorCodes, type ErrorCode } from '@millrace/runtime';
import { operations, type TaskOperation } from '@millrace/stage';
import { engineSchema } from './engine-schema.ts';
import {
  errorBodySchema,
  eventSchemas,
  generateAnswerSchema,
  generateBodySchema,
} from './generate-schema.ts';
import { streamedTasks, taskAnswerSchema, taskBodySchema } from './task-schema.ts';

/** Codes that only a WebSocket can bring about. */
const notOverHttp: ReadonlySet<ErrorCode> = new Set(['invalid_type', 'binary_not_supported', 'duplicate_id']);

const tasks = operations.filter((operation) => operation !== 'generate');

/** Of the schemas of a task. */
const nameOf = (task: TaskOperation): string => `${task[0]?.toUpperCase()}${task.slice(1)}`;

const schemaReference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ 'application/json': { schema: schemaReference(name) } });
const headerReference = (name: string) => ({ $ref: `#/components/headers/${name}` });
const answerHeaders = {
  'x-request-id': headerReference('RequestId'),
  'x-millrace-cache': headerReference('Cache'),
};

/** The HTTP API as an OpenAPI 3.1 document, made of the schemas that validate. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace HTTP API',
      version: '1',
      summary:
        'Generates text, whole or as server-sent events; summarizes, classifies, translates and embeds texts.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    paths: {
      '/v1/generate': { post: generateOperation() },
      ...Object.fromEntries(tasks.map((task) => [`/v1/${task}`, { post: taskOperation(task) }])),
      '/v1/engine': { get: engineOperation() },
    },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      headers: {
        RequestId: {
          description: 'The request: its UUID, once it is accepted; before that one for this exchange alone.',
          schema: { type: 'string' },
        },
        Cache: {
          description:
            'Where the answer came from: exact or semantic;similarity=0.97 from the cache, miss where it may have come from there and was generated. Absent where the cache had nothing to do with it.',
          schema: { type: 'string' },
        },
        RetryAfter: {
          description: 'Seconds after which to try again.',
          schema: { type: 'integer', minimum: 0 },
        },
        RetryAfterMs: {
          description: 'Milliseconds after which to try again.',
          schema: { type: 'integer', minimum: 0 },
        },
        ShouldRetry: {
          description: 'Whether to try again, where the status alone would suggest otherwise.',
          schema: { enum: ['true', 'false'] },
        },
      },
      schemas: {
        Generate: generateBodySchema,
        Answer: generateAnswerSchema,
        Engine: engineSchema,
        Error: errorBodySchema,
        ChunkEvent: eventSchemas.chunk,
        CompletedEvent: eventSchemas.completed,
        ...Object.fromEntries(
          tasks.flatMap((task) => [
            [nameOf(task), taskBodySchema(task)],
            [`${nameOf(task)}Answer`, taskAnswerSchema(task)],
          ]),
        ),
      },
    },
  };
}

const whenGone =
  'A client that closes the connection cancels its request, unless it has sent an Idempotency-Key: then the request runs on, and the same request sent again gets its answer from the start.';

function generateOperation(): object {
  return {
    operationId: 'generate',
    summary: 'Generates an answer to a prompt or a conversation.',
    description: `Exactly one of prompt and messages is needed. ${whenGone}`,
    ...exchange('Generate', answerResponse()),
  };
}

const summaries = {
  summarize: 'Says in short what texts say.',
  classify: 'Says which of several labels fits each text, with a probability for each.',
  translate: 'Translates texts.',
  embed: 'Makes a vector of each text: the nearer two vectors, the more alike are the texts.',
} as const satisfies Record<TaskOperation, string>;

function taskOperation(task: TaskOperation): object {
  const name = nameOf(task);
  return {
    operationId: task,
    summary: summaries[task],
    description: `One text, or a list whose answers come in its order. ${whenGone}`,
    ...exchange(
      name,
      streamedTasks.has(task) ? answerResponse(`${name}Answer`) : wholeResponse(`${name}Answer`),
    ),
  };
}

function engineOperation(): object {
  const { 401: unauthorized, 503: unavailable } = errorResponses();
  return {
    operationId: 'engine',
    summary: 'Says what the workers are doing: slots, queue, caches, models.',
    description: 'Every worker is asked; it takes up to a second. 503 when none answers.',
    responses: { 200: wholeResponse('Engine'), 401: unauthorized, 503: unavailable },
  };
}

/** What an operation takes and gives. */
function exchange(body: string, answer: object): object {
  return {
    parameters: [
      { name: 'Idempotency-Key', in: 'header', schema: idempotencyKeySchema },
      {
        name: 'Cache-Control',
        in: 'header',
        description: 'no-store, no-cache and max-age=0: the answer neither comes from the cache nor is kept.',
        schema: { type: 'string' },
      },
      {
        name: 'traceparent',
        in: 'header',
        description: 'Trace context of the W3C, passed on through all stages.',
        schema: { type: 'string' },
      },
    ],
    requestBody: { required: true, content: json(body) },
    responses: { 200: answer, ...errorResponses(), 415: encodingResponse() },
  };
}

function wholeResponse(answer: string): object {
  return {
    description: 'The answer.',
    headers: answerHeaders,
    content: json(answer),
  };
}

function answerResponse(answer = 'Answer'): object {
  return {
    description:
      'The answer. With stream true it comes as server-sent events: chunk (the id of the event is seq) as often as there is text, then completed; or, instead of completed, error, when the answer breaks off.',
    headers: answerHeaders,
    content: {
      ...json(answer),
      'text/event-stream': {
        schema: {
          type: 'string',
          description:
            'Events chunk, completed and error; their data is JSON of the schemas ChunkEvent, CompletedEvent and Error.',
        },
      },
    },
  };
}

function encodingResponse(): object {
  return {
    description: 'The body has a Content-Encoding; the error has no code.',
    headers: { 'x-request-id': headerReference('RequestId') },
    content: json('Error'),
  };
}

/** One response for each status, with the codes that it can carry. */
function errorResponses(): Readonly<Record<string, object>> {
  const byStatus = Map.groupBy(
    clientErrorCodes.filter((code) => !notOverHttp.has(code)),
    (code) => errorCodes[code].httpStatus,
  );
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`).join('\n'),
        headers: {
          'x-request-id': headerReference('RequestId'),
          'retry-after': headerReference('RetryAfter'),
          'retry-after-ms': headerReference('RetryAfterMs'),
          'x-should-retry': headerReference('ShouldRetry'),
        },
        content: json('Error'),
      },
    ]),
  );
}
