import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyWithoutCode, safePath } from '@millrace/relay';
import { apiParts } from './api-parts.ts';

interface KnownPath {
  readonly pattern: RegExp;
  /** The methods that it takes. */
  readonly allowed: string;
}

const knownPaths: readonly KnownPath[] = apiParts
  .flatMap(({ paths }) => Object.entries(paths))
  .map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    allowed: Object.keys(operations)
      .map((method) => method.toUpperCase())
      .join(', '),
  }));

/** Answers a request for no route. */
export function sendNotFound({ method, url }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = url.replace(/[?#].*$/s, '');
  const allowed = knownPaths
    .filter(({ pattern }) => pattern.test(path))
    .map((known) => known.allowed)
    .join(', ');
  if (allowed === '')
    return reply
      .code(404)
      .send(bodyWithoutCode(`There is no ${method} ${safePath(url)} here. What there is: /docs.`));
  return reply
    .code(405)
    .header('allow', allowed)
    .send(bodyWithoutCode(`${safePath(url)} takes ${allowed}, not ${method}.`));
}
