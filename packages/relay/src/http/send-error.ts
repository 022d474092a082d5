import type { FastifyError, FastifyReply } from 'fastify';
import { clientError } from '../client-error.ts';
import { toErrorBody } from './error-body.ts';
import { errorCodes, MillraceError } from '@millrace/runtime';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** Says when to try again, and to clients that try again by the status alone, whether to. */
export function errorHeaders(error: MillraceError): Readonly<Record<string, string>> {
  const { retryAfterMs, retryable, httpStatus } = error;
  const isTriedAgain = httpStatus === 408 || httpStatus === 409 || httpStatus === 429 || httpStatus >= 500;
  return {
    ...(httpStatus === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(isTriedAgain !== retryable ? { 'x-should-retry': String(retryable) } : {}),
    ...(retryAfterMs === undefined
      ? {}
      : {
          'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
          'retry-after-ms': String(Math.ceil(retryAfterMs)),
        }),
    ...rateLimitHeaders(error),
  };
}

/** What the client is told of an error, those that fastify itself throws included. */
export function toClientError(cause: unknown, maxBodyBytes: number): MillraceError {
  return clientError(isFastifyError(cause) ? fromFastify(cause, maxBodyBytes) : cause);
}

export function sendError(reply: FastifyReply, error: MillraceError): FastifyReply {
  return reply.code(error.httpStatus).headers(errorHeaders(error)).send(toErrorBody(error));
}

/** Errors of fastify have codes and status of their own. */
function fromFastify(cause: FastifyError, maxBodyBytes: number): Error {
  if (cause.statusCode === errorCodes.payload_too_large.httpStatus) {
    const message = `The body is too large: it may have ${maxBodyBytes} bytes`;
    return new MillraceError('payload_too_large', message, { cause });
  }
  if (cause.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return notJson();
  if (cause.statusCode !== undefined && cause.statusCode < 500) {
    return new MillraceError('invalid_value', 'The request is not valid HTTP for this route.', { cause });
  }
  return cause;
}

export const notJson = (): MillraceError =>
  new MillraceError('invalid_value', 'The body must be JSON, with content-type: application/json', {
    param: 'content-type',
  });

function isFastifyError(cause: unknown): cause is FastifyError {
  return (
    cause instanceof Error &&
    !(cause instanceof MillraceError) &&
    'code' in cause &&
    String(cause.code).startsWith('FST_')
  );
}
