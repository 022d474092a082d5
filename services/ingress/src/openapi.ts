import { clientErrorCodes, idempotencyKeySchema } from '@millrace/relay';
import { errorCodes, type ErrorCode } from '@millrace/runtime';
import {
  errorBodySchema,
  eventSchemas,
  generateAnswerSchema,
  generateBodySchema,
} from './generate-schema.ts';

/** Codes that only a WebSocket can bring about. */
const notOverHttp: ReadonlySet<ErrorCode> = new Set(['invalid_type', 'binary_not_supported', 'duplicate_id']);

const schemaReference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ 'application/json': { schema: schemaReference(name) } });
const headerReference = (name: string) => ({ $ref: `#/components/headers/${name}` });

/** The HTTP API as an OpenAPI 3.1 document, made of the schemas that validate. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace HTTP API',
      version: '1',
      summary: 'Generates text, whole or as server-sent events.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    paths: { '/v1/generate': { post: generateOperation() } },
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } },
      headers: {
        RequestId: {
          description: 'The request: its UUID, once it is accepted; before that one for this exchange alone.',
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
        Error: errorBodySchema,
        ChunkEvent: eventSchemas.chunk,
        CompletedEvent: eventSchemas.completed,
      },
    },
  };
}

function generateOperation(): object {
  return {
    operationId: 'generate',
    summary: 'Generates an answer to a prompt or a conversation.',
    description:
      'Exactly one of prompt and messages is needed. A client that closes the connection cancels its request, unless it has sent an Idempotency-Key: then the request runs on, and the same request sent again gets its answer from the start.',
    parameters: [
      { name: 'Idempotency-Key', in: 'header', schema: idempotencyKeySchema },
      {
        name: 'traceparent',
        in: 'header',
        description: 'Trace context of the W3C, passed on through all stages.',
        schema: { type: 'string' },
      },
    ],
    requestBody: { required: true, content: json('Generate') },
    responses: { 200: answerResponse(), ...errorResponses(), 415: encodingResponse() },
  };
}

function answerResponse(): object {
  return {
    description:
      'The answer. With stream true it comes as server-sent events: chunk (the id of the event is seq) as often as there is text, then completed; or, instead of completed, error, when the answer breaks off.',
    headers: { 'x-request-id': headerReference('RequestId') },
    content: {
      ...json('Answer'),
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
