import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers plain HTTP where the WebSocket is, in the shape of the HTTP API's errors (RFC 9110, 15.5.22). */
export function sendUpgradeRequired(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(426)
    .headers({ upgrade: 'websocket', connection: 'upgrade' })
    .send({
      error: {
        message: '/v1/stream is a WebSocket: connect to it with ws:// or wss://.',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
}
