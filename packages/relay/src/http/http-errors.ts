import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { bodyWithoutCode } from './error-body.ts';

type ClientErrorHandler = NonNullable<FastifyServerOptions['clientErrorHandler']>;

/** By the code of the error; anything else is not valid HTTP. */
const refusals = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', { status: 408, message: 'The request did not come in time.' }],
  ['HPE_HEADER_OVERFLOW', { status: 431, message: 'The headers of the request are too large.' }],
]);
const notHttp = { status: 400, message: 'The request is not valid HTTP.' };

/** Whether a response is on its way, in the middle of which a refusal would land. Node's own handler looks at the same field. */
function isAnswering(socket: object): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: { readonly headersSent: boolean } | null };
  return response?.headersSent === true;
}

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
    const { status, message } = refusals.get(error.code) ?? notHttp;
    const body = JSON.stringify(bodyWithoutCode(message));
    if (socket.writable && !isAnswering(socket)) {
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
