import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { bodyWithoutCode } from './errors.ts';

type ClientErrorHandler = NonNullable<FastifyServerOptions['clientErrorHandler']>;

/** Options of an app whose answers to what is no proper HTTP have the shape of all other errors. */
export const httpErrors = {
  frameworkErrors(_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
    reply
      .code(400)
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(bodyWithoutCode('The URL of the request is not valid.')));
  },
  clientErrorHandler(error, socket) {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const { status, message } = describe(error.code);
    const body = JSON.stringify(bodyWithoutCode(message));
    if (socket.writable) {
      const head = [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'Connection: close',
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    }
    socket.destroy(error);
  },
} satisfies {
  readonly frameworkErrors: unknown;
  readonly clientErrorHandler: ClientErrorHandler;
};

function describe(code: string | undefined): { readonly status: number; readonly message: string } {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, message: 'The request did not come in time.' };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'The headers of the request are too large.' };
    case undefined:
    default:
      return { status: 400, message: 'The request is not valid HTTP.' };
  }
}
