import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorBody } from './errors.ts';

/** Paths of this API with the methods that they take. */
const methods: ReadonlyMap<string, string> = new Map([['/v1/generate', 'POST']]);

/** Answers a request for no route: such an error has no code, as with the OpenAI API. */
export function sendNotFound({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = url.replace(/[?#].*$/s, '');
  const allowed = methods.get(path);
  if (allowed === undefined) return reply.code(404).send(bodyOf(`There is no ${method} ${path} here.`));
  return reply
    .code(405)
    .header('allow', allowed)
    .send(bodyOf(`${path} takes ${allowed}, not ${method}.`));
}

function bodyOf(message: string): ErrorBody {
  return { error: { message, type: 'invalid_request_error', param: null, code: null } };
}
