import type { FastifyReply, FastifyRequest } from 'fastify';
import { offeredProtocols, subprotocol } from './credential.ts';

/** Refuses an upgrade that offers subprotocols without that of this version: a client would give up without saying why. */
export async function requireSubprotocol({ headers, ws }: FastifyRequest, reply: FastifyReply) {
  const offered = offeredProtocols(headers);
  if (!ws || offered.length === 0 || offered.includes(subprotocol)) return undefined;
  return reply.code(400).send({
    error: {
      // What was offered may hold a credential.
      message: `The subprotocols that are offered must include ${subprotocol}.`,
      type: 'invalid_request_error',
      param: 'Sec-WebSocket-Protocol',
      code: 'invalid_value',
    },
  });
}
