import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyWithoutCode } from '@millrace/relay';
import { operations } from '@millrace/stage';

/** Paths of this API with the methods that they take. */
const methods: ReadonlyMap<string, string> = new Map([
  ...operations.map((operation) => [`/v1/${operation}`, 'POST'] as const),
  ['/v1/engine', 'GET'],
]);

/** Answers a request for no route. */
export function sendNotFound({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = url.replace(/[?#].*$/s, '');
  const allowed = methods.get(path);
  if (allowed === undefined)
    return reply.code(404).send(bodyWithoutCode(`There is no ${method} ${path} here.`));
  return reply
    .code(405)
    .header('allow', allowed)
    .send(bodyWithoutCode(`${path} takes ${allowed}, not ${method}.`));
}
