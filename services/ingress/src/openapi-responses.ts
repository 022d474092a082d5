import { clientErrorCodes, idempotencyKeySchema } from '@millrace/relay';
import { errorCodes, type ErrorCode } from '@millrace/runtime';

/** Codes that only a WebSocket can bring about. */
const notOverHttp: ReadonlySet<ErrorCode> = new Set(['invalid_type', 'binary_not_supported', 'duplicate_id']);

/** JSON of the schema of this name. */
export const json = (name: string, example?: object) => ({
  'application/json': {
    schema: { $ref: `#/components/schemas/${name}` },
    ...(example === undefined ? {} : { example }),
  },
});
export const headerReference = (name: string) => ({ $ref: `#/components/headers/${name}` });

export const answerHeaders = {
  'x-request-id': headerReference('RequestId'),
  'x-millrace-cache': headerReference('Cache'),
  'x-millrace-cost': headerReference('Cost'),
};

export const whenGone =
  'A client that closes the connection cancels its request, unless it has sent an Idempotency-Key: then the request runs on, and the same request sent again gets its answer from the start.';

export const cacheControlParameter = {
  name: 'Cache-Control',
  in: 'header',
  description: 'no-store, no-cache and max-age=0: the answer neither comes from the cache nor is kept in it.',
  schema: { type: 'string' },
};

export const receiptParameter = {
  name: 'X-Millrace-Receipt',
  in: 'header',
  description:
    'Whether the answer has the signed receipt of its request, for which it waits at most 5 s: receipt (a Receipt, or null when it did not come in time) and receipt_url (where it is given from then on) beside its other fields, in a stream in the last event that is JSON.',
  schema: { type: 'boolean', default: false },
};

/** What an operation takes and gives. */
export function exchange(body: string, answer: object, example?: object): object {
  return {
    parameters: [
      { name: 'Idempotency-Key', in: 'header', schema: idempotencyKeySchema },
      cacheControlParameter,
      receiptParameter,
      {
        name: 'traceparent',
        in: 'header',
        description: 'Trace context of the W3C, passed on through all stages.',
        schema: { type: 'string' },
      },
    ],
    requestBody: { required: true, content: json(body, example) },
    responses: { 200: answer, ...errorResponses(), 415: encodingResponse() },
  };
}

export function wholeResponse(answer: string): object {
  return {
    description: 'The answer.',
    headers: answerHeaders,
    content: json(answer),
  };
}

const events = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'Events chunk, completed and error; their data is JSON of the schemas ChunkEvent, CompletedEvent and ErrorEvent.',
    },
  },
};

const asEvents =
  'chunk (the id of the event is seq) as often as there is text, then completed; or, instead of completed, error, when the answer breaks off';

export function answerResponse(answer = 'Answer'): object {
  return {
    description: `The answer. With stream true it comes as server-sent events: ${asEvents}.`,
    headers: answerHeaders,
    content: { ...json(answer), ...events },
  };
}

/** An answer that only comes as server-sent events. */
export function eventsResponse(): object {
  return {
    description: `The answer: ${asEvents}.`,
    headers: { 'x-request-id': headerReference('RequestId') },
    content: events,
  };
}

/** An answer of an endpoint of the OpenAI API. */
export function openAiStreamResponse(answer: string): object {
  return {
    description:
      'The answer. With stream true it comes as server-sent events without names, in chunks as those of the OpenAI API, then [DONE]; or, instead of it, an error, when the answer breaks off.',
    headers: answerHeaders,
    content: { ...json(answer), 'text/event-stream': { schema: { type: 'string' } } },
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
export function errorResponses(): Readonly<Record<string, object>> {
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
