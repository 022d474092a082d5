import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyWithoutCode } from './error-body.ts';

/** Refuses a body that is compressed (RFC 9110, 15.5.16). */
export async function refuseEncoding({ headers }: FastifyRequest, reply: FastifyReply) {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return undefined;
  const message = 'Encodings of the body are not supported: send it as it is, without Content-Encoding.';
  return reply
    .code(415)
    .header('accept-encoding', 'identity')
    .send(bodyWithoutCode(message, 'Content-Encoding'));
}
